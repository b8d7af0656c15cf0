import type { ResolvedConfig, ResolvedPool } from "../../config/resolved.ts";
import type { Log } from "../../log.ts";
import type { Ref } from "../../session/change.ts";
import type { Authority } from "../../store/contracts.ts";
import type { Handoff, HandoffClaims } from "../../upstream/wire/handoff.ts";
import { isBrowsers, problem } from "../problem.ts";

/** The parts of the APIs for origins. */
export interface SessionApiParts {
  readonly config: ResolvedConfig;
  readonly authority: Authority;
  readonly handoff: Handoff;
  readonly clock: () => number;
}

/** The rights of an origin's request, according to the handoff that it sends. */
export interface Bearer {
  readonly ref: Ref;
  readonly pool: ResolvedPool;
  readonly claims: HandoffClaims;
}

/** Serves a request that sends the handoff of a stored session; answers any other request with an error. */
export async function authorised(
  request: Request,
  log: Log,
  parts: SessionApiParts,
  serve: (bearer: Bearer) => Promise<Response>,
): Promise<Response> {
  const refuse = (status: 401 | 403, code: string, title: string) => {
    log({ event: "request_refused", reason: `session API: ${code}` });
    return problem(status, code, title);
  };
  if (isBrowsers(request)) return refuse(403, "browser_refused", "The session API is for servers.");
  const jwt = /^Bearer ([A-Za-z0-9._-]+)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
  const claims = jwt === undefined ? undefined : await parts.handoff.verify(jwt, parts.clock());
  const pool = parts.config.pools.find(({ id }) => id === claims?.aud);
  if (!claims || !pool) return refuse(401, "unauthorised", "Send the request's Moor-Session as a bearer token.");
  // A session that is bound to a host is void at any other tenant's. The issuer's host is nobody's alone.
  const { host } = new URL(request.url);
  if (parts.config.session.bindTo && host !== claims.host && host !== claims.iss.split("/")[2]) {
    return refuse(
      403,
      "other_host",
      `Call the API at ${claims.host}, to which the session is bound, or at ${claims.iss}.`,
    );
  }
  if (claims.sid === undefined) return problem(409, "not_stored", "This session is not stored yet.");
  return serve({ pool, claims, ref: refOf(claims.sid, claims, parts.clock()) });
}

/** The session is stored, so no birth time is needed to found it. If its record is gone, the session has ended. */
function refOf(sid: string, { gen }: HandoffClaims, now: number): Ref {
  return { id: sid, generation: gen, bornAt: 0, arrivedAt: now };
}
