import type { Permission } from "../../config/pool-types.ts";
import type { Log } from "../../log.ts";
import type { Unattended } from "../../store/contracts.ts";
import type { Principals } from "../../store/principal-contracts.ts";
import type { Api } from "../api.ts";
import { NO_STORE, problem } from "../problem.ts";
import { authorised, type SessionApiParts } from "./bearer.ts";

/** The parts of the API for a principal's sessions. */
export interface SessionsApiParts extends SessionApiParts {
  readonly sessions: Unattended;
  readonly principals: Principals;
}

/** The principal whose sessions are asked for, and the session of the request that asks. */
interface Owner {
  readonly principal: string;
  readonly current: string;
}

const MOST = 100;
const PATH = /^\/\.moor\/sessions(?:\/([\w-]{22}))?$/;

/**
 * The sessions of a request's principal, for the origin that served the request. With it, people see where they are logged in,
 * and log out there. It is authorised as the session API is, and only while that session is alive and belongs to the principal.
 */
export function createSessionsApi(parts: SessionsApiParts): Api {
  const { sessions, principals } = parts;

  async function list(query: URLSearchParams, { principal, current }: Owner): Promise<Response> {
    const listed = await principals.list(principal, { most: MOST, after: query.get("after") ?? undefined });
    if (listed.kind === "unavailable") return unavailable();
    const { count, next } = listed;
    const page = listed.sessions.map((session) => ({ ...session, current: session.id === current }));
    return Response.json({ count, sessions: page, next }, { headers: NO_STORE });
  }

  async function endAll(query: URLSearchParams, { principal, current }: Owner): Promise<Response> {
    const ended = await principals.endAll(principal, query.get("others") === "true" ? { except: current } : {});
    if (ended.kind === "unavailable") return unavailable();
    const { left } = ended;
    return Response.json({ ended: ended.ended, left }, { status: left === 0 ? 200 : 202, headers: NO_STORE });
  }

  async function end(id: string, { principal }: Owner): Promise<Response> {
    const looked = await sessions.look(id);
    if (looked.kind === "unavailable") return unavailable();
    // The principal of a session stays the same until the session ends, so it cannot change before this end.
    if (looked.kind === "alive" && looked.session.principal === principal) {
      const ended = await sessions.end(id);
      return ended.kind === "unavailable" ? unavailable() : new Response(null, { status: 204, headers: NO_STORE });
    }
    return problem(404, "not_found", "This principal has no such session.");
  }

  return (request, { pathname, searchParams: query }, log) => {
    const [path, id] = PATH.exec(pathname) ?? [];
    if (path === undefined) return undefined;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && id === undefined) return ofOwner(request, log, parts, "principal", (owner) => list(query, owner));
    if (request.method !== "DELETE") return undefined;
    return ofOwner(request, log, parts, "end", (owner) => (id === undefined ? endAll(query, owner) : end(id, owner)));
  };
}

async function ofOwner(
  request: Request,
  log: Log,
  parts: SessionsApiParts,
  permission: Permission,
  serve: (owner: Owner) => Promise<Response>,
): Promise<Response> {
  return authorised(request, log, parts, async ({ ref, pool }) => {
    if (!pool.session.may.includes(permission)) {
      return problem(403, "forbidden", `This pool may not ask for "${permission}".`);
    }
    const found = await parts.authority.read(ref, parts.clock());
    if (found.kind === "unavailable") return unavailable();
    if (found.kind !== "hit") return problem(410, "ended", "The session has ended, or has a newer generation.");
    const { principal } = found.copy;
    if (principal === undefined) return problem(409, "no_principal", "Nobody is logged in to this session.");
    return serve({ principal, current: ref.id });
  });
}

function unavailable(): Response {
  return problem(503, "session_unavailable", "Sessions cannot be reached just now.");
}
