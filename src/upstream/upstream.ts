import type { ResolvedConfig, ResolvedRoute } from "../config/types.ts";
import { hashKey } from "./affinity/hash-policy.ts";
import { takeBody } from "./body.ts";
import { type Forwarded, forward, isResendable } from "./forward.ts";
import { createPool, type Pool } from "./pool.ts";
import { requestHeaders } from "./request-headers.ts";
import { createRoutes, type Routes } from "./routes.ts";

/** A request to be sent to a pool. */
export interface Sending {
  readonly request: Request;
  /** Its address, parsed once. */
  readonly url: URL;
  readonly host: string;
  readonly route: ResolvedRoute;
  /** What affinity hashes by default. */
  readonly sessionId: string;
  /** Whether the request did not bring the session's token. */
  readonly sessionIsFresh: boolean;
  readonly handoff?: string | undefined;
  readonly explain?: string | undefined;
}

/** Everything behind Moor: routes, pools and their origins. */
export interface Upstream {
  readonly match: Routes["match"];
  /** The pool of a route. */
  poolOf(route: ResolvedRoute): Pool;
  /** Chooses origins for a request and sends it to the first that answers. */
  send(sending: Sending): Promise<Forwarded>;
}

/** Compiles the routes and pools of a configuration. */
export function createUpstream(config: ResolvedConfig, clock: () => number): Upstream {
  const pools = new Map(config.pools.map((pool) => [pool.id, createPool(pool)]));
  const poolOf = (route: ResolvedRoute): Pool => {
    const pool = pools.get(route.pool);
    if (!pool) throw new TypeError(`route to pool "${route.pool}", which does not exist`);
    return pool;
  };
  for (const route of config.routes) poolOf(route);

  return {
    match: createRoutes(config.routes).match,
    poolOf,
    async send({ request, url, host, route, sessionId, sessionIsFresh, handoff, explain }) {
      const pool = poolOf(route);
      const mayRepeat = isResendable(request, route.retry);
      const body = await takeBody(request, mayRepeat);
      const resendable = mayRepeat && !(body instanceof ReadableStream);
      const clientIp = request.headers.get("CF-Connecting-IP") ?? undefined;
      const facts = { sessionId, sessionIsFresh, headers: request.headers, url, clientIp };
      const order = pool.choose(hashKey(pool.config.hashPolicy, facts), { resendable, now: clock() });
      const protocol = url.protocol.slice(0, -1);
      const headers = requestHeaders(request.headers, { protocol, host, clientIp, handoff, explain });
      const target = url.pathname + url.search;
      const cacheable = handoff === undefined;
      return forward({ method: request.method, target, headers, body, resendable, cacheable }, order, pool, clock);
    },
  };
}
