import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import { type Chosen, chosenAs } from "./choose/chosen.ts";
import type { ChoiceFacts } from "./choose/order.ts";
import type { PinFacts } from "./choose/pins.ts";
import { createPool, type Pool, type PoolBindings } from "./pool.ts";
import { createRoutes, createSplit, type Routes } from "./routes.ts";
import type { Body } from "./send/body.ts";
import { type Failed, type Forwarded, forward } from "./send/forward.ts";
import { isHedgeable } from "./send/hedge.ts";
import { createRetries } from "./send/retries.ts";
import { requestHeaders } from "./wire/request-headers.ts";

/** A request to be sent to a pool. */
export interface Sending {
  readonly request: Request;
  /** Its body; see `takeBody`. */
  readonly body: Body;
  /** Its address, parsed once. */
  readonly url: URL;
  readonly host: string;
  readonly route: ResolvedRoute;
  /** Of the route's pools, the session's. */
  readonly pool: Pool;
  /** The session id, which affinity hashes by default. */
  readonly sessionId: string;
  /** Whether the request did not bring the session's token. */
  readonly sessionIsFresh: boolean;
  /** When the session was born, in milliseconds since 1970. */
  readonly bornAt: number;
  /** Of the session's token; see {@link ChoiceFacts}. */
  readonly home: number;
  /** Of the session's token; see {@link PinFacts}. */
  readonly pin: number;
  /** Whether the session is stored, so that origins may hold something of it. */
  readonly isStored: boolean;
  readonly handoff?: string | undefined;
  readonly explain?: string | undefined;
}

/** The result of a request. For an answered request also why it met that origin, and where its session is now. */
export type Delivered =
  | Failed
  | (Extract<Forwarded, { kind: "response" }> & {
      readonly chosen: Chosen;
      /** The token's new pin; `undefined`: the pin stays as it is. */
      readonly pin: number | undefined;
    });

/** Everything behind Moor: routes, pools and their origins. */
export interface Upstream {
  readonly match: Routes["match"];
  /** The pool of a route for a session. */
  poolOf(route: ResolvedRoute, sessionId: string): Pool;
  /** Chooses origins for a request and sends it to the first that answers. */
  send(sending: Sending): Promise<Delivered>;
}

/**
 * Compiles the routes and pools of a configuration.
 *
 * @param cut cuts the headers that carriers read out of a request's headers.
 * @throws TypeError if a binding is missing that the configuration needs.
 */
export function createUpstream(
  config: ResolvedConfig,
  clock: () => number,
  cut: (headers: Headers) => void,
  bindings: PoolBindings = {},
): Upstream {
  const pools = new Map(config.pools.map((pool) => [pool.id, createPool(pool, { clock, ...bindings })]));
  const poolAt = (id: string): Pool => {
    const pool = pools.get(id);
    if (!pool) throw new TypeError(`route to pool "${id}", which does not exist`);
    return pool;
  };
  const retries = new Map(config.routes.map((route) => [route, createRetries(route)]));
  const splits = new Map(config.routes.map((route) => [route, createSplit(route.pool, poolAt)]));

  return {
    match: createRoutes(config.routes).match,
    poolOf: (route, sessionId) => ofRoute(splits, route)(sessionId),
    async send({
      request,
      body,
      url,
      host,
      route,
      pool,
      sessionId,
      sessionIsFresh,
      bornAt,
      home,
      pin,
      isStored,
      handoff,
      explain,
    }) {
      const { method, headers: given } = request;
      const mayRetry = ofRoute(retries, route)(request, body);
      const clientIp = given.get("CF-Connecting-IP") ?? undefined;
      const learned = pool.learning && (await pool.learning.read(given.get("Cookie")));
      const facts = { sessionId, sessionIsFresh, bornAt, home, pin, learned, headers: given, url, clientIp };
      const looking = pool.live?.look(clock());
      if (looking) await looking;
      // A session that does not exist at the application yet may begin at any origin.
      const isBound = !learned || learned.origin !== undefined;
      const strict = isBound && (route.strictAffinity ?? pool.config.strictAffinity);
      const now = clock();
      pool.checkReturning(sessionId, now);
      const isSteady = pool.allHealthy() && pool.losses.shunnedBy(sessionId, now) === undefined;
      const order = pool.choose(facts, { resendable: mayRetry.lost, strict, now });
      const own = pool.ownOf(facts, order[0]?.index, now);
      const movedFrom = (index: number) => {
        const last = pool.pins.movedFrom(facts, own, index);
        return last === undefined ? undefined : pool.origins[last]?.id;
      };
      const protocol = url.protocol.slice(0, -1);
      const forwarded = await forward(
        {
          method,
          target: url.pathname + url.search,
          clientHost: url.hostname,
          headers: requestHeaders(given, { cut, protocol, method, host, clientIp, handoff, explain }),
          movedFrom: isStored ? movedFrom : undefined,
          body,
          retries: mayRetry,
          isEvidence: !(body instanceof ReadableStream) && !given.has("Upgrade"),
          clientIp,
          session: sessionId,
          cacheable: handoff === undefined,
          deadlineMs: route.attemptDeadlineMs ?? pool.config.attemptDeadlineMs,
          hedgeAfterMs: route.hedgeAfterMs && isHedgeable(request) ? route.hedgeAfterMs : undefined,
        },
        order,
        pool,
        clock,
      );
      const told: Forwarded = pool.panic.isOn() ? { ...forwarded, panic: true } : forwarded;
      if (told.kind === "unreachable" && strict) return { ...told, kind: "own-origin-unavailable" };
      if (told.kind !== "response") return told;
      const { id, index, backup } = told.origin;
      // A session that has just begun may never come back, and a hedge does not tell where the session is.
      const bound = learned?.origin === undefined ? (sessionIsFresh ? undefined : sessionId) : learned.value;
      if (bound !== undefined && !told.hedged) pool.live?.served(id, bound, clock());
      const first = order[0]?.index;
      const chosen = chosenAs({
        index,
        hedged: told.hedged,
        backup,
        first,
        learned: learned?.origin,
        pinned: pool.config.failback === "pin" ? pool.pins.pinned(facts) : undefined,
        home: () => (isSteady ? first : pool.homeOf(facts, now)),
        regionOf: (at) => pool.config.origins[at]?.region,
      });
      const response = pool.learning ? await pool.learning.teach(told.response, index) : told.response;
      const left = pool.pins.pinned(facts) ?? own;
      const isForGood = left === undefined || left === index || pool.isLeftForGood(facts, left, now);
      return { ...told, response, chosen, pin: pool.pins.after(facts, own, index, isForGood) };
    },
  };
}

function ofRoute<T>(compiled: ReadonlyMap<ResolvedRoute, T>, route: ResolvedRoute): T {
  const found = compiled.get(route);
  if (!found) throw new TypeError("a route of another configuration");
  return found;
}
