import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import { failureResponse } from "../../errors.ts";
import { principalName } from "../../objects/clients/principal-client.ts";
import { SHOWN_CHARACTERS } from "../../observe/request-facts.ts";
import { isPrincipal } from "../../session/change.ts";
import type { Unattended } from "../../store/contracts.ts";
import type { Principals } from "../../store/principal-contracts.ts";
import { isBrowsers, NO_STORE, noRoute, problem } from "../problem.ts";
import type { Admin, AdminAccess, OperatorEnv } from "./access.ts";
import { readAudit } from "./audit-api.ts";
import { type AuditedAction, createAuditor } from "./auditor.ts";
import { createPoolsApi, notBound, type PoolsApiParts } from "./pools-api.ts";

/** The parts of the admin API. */
export interface AdminApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  readonly access: AdminAccess;
  readonly sessions: Unattended;
  /** `undefined`: sessions are not indexed by principal. */
  readonly principals: Principals | undefined;
  /** The configured pools, and their live state. */
  readonly live: Pick<PoolsApiParts, "config" | "pools">;
  readonly clock: () => number;
}

type AdminContext = Context<OperatorEnv>;

const SESSION = "/sessions/:id{[A-Za-z0-9_-]{22}}";
const MOST = 100;

/**
 * The admin API. It lists, counts and ends the sessions of a principal, looks at and ends one session, and changes pools. A
 * client that is no operator is answered as if the path did not exist, and so is a browser that asks for a page. Every action is
 * logged with the operator who asked for it.
 */
export function createAdminApi(parts: AdminApiParts): Hono<OperatorEnv> {
  const { config, access, sessions, principals, live, clock } = parts;
  const api = new Hono<OperatorEnv>();

  api.use(async (c, next) => {
    const who = await whoAsks(c, config, access);
    if (who instanceof Response) return who;
    c.set("who", who);
    return next();
  });

  api.get("/sessions/count", (c) =>
    ofPrincipal(c, "count", async (index, principal) => {
      const counted = await index.count(principal);
      return counted.kind === "unavailable" ? unavailable() : c.json({ count: counted.count }, 200, NO_STORE);
    }),
  );

  api.get("/sessions", (c) =>
    ofPrincipal(c, "list", async (index, principal) => {
      const most = Number(c.req.query("most") ?? MOST);
      if (!Number.isInteger(most) || most < 1 || most > MOST)
        return problem(400, "bad_most", `most: a whole number, 1 to ${MOST}.`);
      const listed = await index.list(principal, { most, after: c.req.query("after") });
      if (listed.kind === "unavailable") return unavailable();
      const { count, sessions: page, next } = listed;
      return c.json({ count, sessions: page, ...(next === undefined ? {} : { next }) }, 200, NO_STORE);
    }),
  );

  api.delete("/sessions", (c) =>
    ofPrincipal(c, "end-all", async (index, principal) => {
      const of = (await principalName(principal)).slice(0, SHOWN_CHARACTERS);
      const except = c.req.query("except");
      const ended = await auditor(c)(
        acting(c, { action: "end-all", principal: of }),
        () => index.endAll(principal, { except }),
        (result) => (result.kind === "ending" ? `${result.ended} ended, ${result.left} left` : result.kind),
      );
      if (ended.kind === "unavailable") return unavailable();
      return c.json({ ended: ended.ended, left: ended.left }, ended.left === 0 ? 200 : 202, NO_STORE);
    }),
  );

  api.get(SESSION, async (c) => {
    const attributes = c.req.query("attributes") === "true";
    if (attributes && !config.attributes) {
      return told(c, "look", problem(403, "forbidden", "The configuration does not let admins see attributes."));
    }
    const looked = await sessions.look(c.req.param("id"), { attributes });
    switch (looked.kind) {
      case "alive": {
        const { indexDue, ...session } = looked.session;
        return told(c, attributes ? "look-at-attributes" : "look", c.json(session, 200, NO_STORE));
      }
      case "miss":
        return told(c, "look", problem(404, "not_found", "There is no such session."));
      case "ended":
        return told(c, "look", problem(410, "ended", "The session has ended."));
      case "unavailable":
        return told(c, "look", unavailable());
    }
  });

  api.delete(SESSION, async (c) => {
    const id = c.req.param("id");
    const action = acting(c, { action: "end", session: id.slice(0, SHOWN_CHARACTERS) });
    const ended = await auditor(c)(action, () => sessions.end(id));
    switch (ended.kind) {
      case "ended":
        return told(c, "end", c.body(null, 204, NO_STORE));
      case "miss":
        return told(c, "end", problem(404, "not_found", "There is no such session."));
      case "unavailable":
        return told(c, "end", unavailable());
    }
  });

  api.get("/audit", async (c) => {
    if (!live.pools) return told(c, "audit", notBound());
    return told(c, "audit", c.json(await readAudit(live.config, live.pools), 200, NO_STORE));
  });

  api.route("/pools", createPoolsApi({ ...live, clock }));

  api.notFound((c) => noRoute(c.req.raw, c.env.log));

  const auditor = (c: AdminContext) => createAuditor({ pools: live.pools, clock, log: c.env.log });
  const acting = (c: AdminContext, action: Pick<AuditedAction, "action" | "session" | "principal">): AuditedAction => ({
    who: c.get("who"),
    from: "api",
    ...action,
  });

  async function ofPrincipal(
    c: AdminContext,
    action: string,
    serve: (index: Principals, principal: string) => Promise<Response>,
  ): Promise<Response> {
    const principal = c.req.query("principal") ?? "";
    if (!isPrincipal(principal)) {
      return told(c, action, problem(400, "bad_principal", "principal: 1 to 256 characters of visible ASCII."));
    }
    if (!principals) {
      return told(c, action, problem(409, "not_indexed", "The configuration does not index sessions by principal."));
    }
    const name = await principalName(principal);
    return told(c, action, await serve(principals, principal), name);
  }

  /** Logs every action with the operator who asked for it, whatever its outcome. */
  function told(c: AdminContext, action: string, response: Response, principal?: string): Response {
    const session = c.req.param("id")?.slice(0, SHOWN_CHARACTERS);
    c.env.log({
      event: "admin",
      who: c.get("who"),
      action,
      status: response.status,
      ...(session === undefined ? {} : { session }),
      ...(principal === undefined ? {} : { principal: principal.slice(0, SHOWN_CHARACTERS) }),
    });
    return response;
  }

  return api;
}

/**
 * The name of the operator who sends a request. If the sender is no operator, or the host is not the admin host, the response
 * that denies the path.
 */
export async function whoAsks(
  c: Context<OperatorEnv>,
  { host }: AdminApiParts["config"],
  access: AdminAccess,
): Promise<string | Response> {
  const isHere = host === undefined || new URL(c.req.url).hostname === host;
  const admin: Admin = isHere && !isBrowsers(c.req.raw) ? await access(c.req.raw.headers) : { kind: "nobody" };
  switch (admin.kind) {
    case "admin":
      return admin.who;
    case "refused":
      c.env.log({ event: "admin_refused", reason: admin.reason });
      return failureResponse("no_route", c.req.raw);
    case "nobody":
      return noRoute(c.req.raw, c.env.log);
  }
}

function unavailable(): Response {
  return problem(503, "session_unavailable", "Sessions cannot be reached just now.");
}
