import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Permission } from "../config/pool-types.ts";
import type { Unattended } from "../store/contracts.ts";
import type { Principals } from "../store/principal-contracts.ts";
import { authorised, type SessionApiParts } from "./bearer.ts";
import { problem } from "./problem.ts";

/** What the API for a principal's sessions needs. */
export interface SessionsApiParts extends SessionApiParts {
  readonly sessions: Unattended;
  readonly principals: Principals;
}

/** Whose sessions are asked for, and the session of the request that asks. */
interface Owner {
  readonly principal: string;
  readonly current: string;
}

const MOST = 100;
const NO_STORE = { "Cache-Control": "no-store" };

/**
 * The sessions of the principal of a request, for the origin that served it: so that people see where they are logged in, and
 * log out there. Authorised as the session API is, and only while that session is still alive and his.
 */
export function createSessionsApi(parts: SessionsApiParts): Hono {
  const { sessions, principals } = parts;
  const api = new Hono();

  api.get("/", (c) =>
    ofOwner(c, parts, "principal", async ({ principal, current }) => {
      const listed = await principals.list(principal, { most: MOST, after: c.req.query("after") });
      if (listed.kind === "unavailable") return unavailable(c);
      const { count, next } = listed;
      const page = listed.sessions.map((session) => ({ ...session, current: session.id === current }));
      return c.json({ count, sessions: page, ...(next === undefined ? {} : { next }) }, 200, NO_STORE);
    }),
  );

  api.delete("/", (c) =>
    ofOwner(c, parts, "end", async ({ principal, current }) => {
      const ended = await principals.endAll(principal, c.req.query("others") === "true" ? { except: current } : {});
      if (ended.kind === "unavailable") return unavailable(c);
      return c.json({ ended: ended.ended, left: ended.left }, ended.left === 0 ? 200 : 202, NO_STORE);
    }),
  );

  api.delete("/:id{[A-Za-z0-9_-]{22}}", (c) =>
    ofOwner(c, parts, "end", async ({ principal }) => {
      const id = c.req.param("id");
      const looked = await sessions.look(id);
      if (looked.kind === "unavailable") return unavailable(c);
      // A session's principal is his until it ends, so he cannot be another by the time of the end.
      if (looked.kind === "alive" && looked.session.principal === principal) {
        const ended = await sessions.end(id);
        return ended.kind === "unavailable" ? unavailable(c) : c.body(null, 204, NO_STORE);
      }
      return problem(c, 404, "not_found", "This principal has no such session.");
    }),
  );

  return api;
}

async function ofOwner(
  c: Context,
  parts: SessionsApiParts,
  permission: Permission,
  serve: (owner: Owner) => Promise<Response>,
): Promise<Response> {
  return authorised(c, parts, async ({ ref, pool }) => {
    if (!pool.session.may.includes(permission)) {
      return problem(c, 403, "forbidden", `This pool may not ask for "${permission}".`);
    }
    const found = await parts.authority.read(ref, parts.clock());
    if (found.kind === "unavailable") return unavailable(c);
    if (found.kind !== "hit") return problem(c, 410, "ended", "The session has ended, or has a newer generation.");
    const { principal } = found.copy;
    if (principal === undefined) return problem(c, 409, "no_principal", "Nobody is logged in to this session.");
    return serve({ principal, current: ref.id });
  });
}

function unavailable(c: Context): Response {
  return problem(c, 503, "session_unavailable", "Sessions cannot be reached just now.");
}
