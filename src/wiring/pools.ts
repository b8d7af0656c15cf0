import type { ResolvedConfig } from "../config/resolved.ts";
import { usesOperators } from "../config/resolved.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log } from "../log.ts";
import { createObjectPools } from "../objects/clients/pool-client.ts";
import type { Breakers } from "../store/breakers.ts";
import { createLivePools, type LivePools, type LivePoolsParts, sessionSpans } from "../upstream/live/live-pools.ts";
import type { Pools } from "../upstream/live/pool-contracts.ts";
import { readPublished, type StateNamespace } from "../upstream/live/published-states.ts";

/** The bindings of wrangler for live changes of pools. Set both or neither. */
export interface PoolsEnv {
  /** With `SESSION_REPLICAS`: lets operators drain origins and bring them back, and probes origins. */
  POOL_OBJECT?: DurableObjectNamespace;
  /** KV: the states of pools, beside the replicas of sessions. */
  readonly SESSION_REPLICAS?: StateNamespace;
}

/** The authority of the pools' live state, and the way to the states on which isolates act. */
export interface KeptPools extends Pick<LivePoolsParts, "read"> {
  readonly pools: Pools;
}

/** Creates them. @param makeBreaker makes the breaker of the place where the states are. */
export type CreateKeptPools = (makeBreaker: Breakers["make"], log: Log) => KeptPools;

/** Where live changes of pools are kept, and who is told of sightings. */
export interface PoolsOptions extends Pick<LivePoolsParts, "keepAlive" | "reporterOf"> {
  /** Default: in the objects of pools, which publish them in KV. */
  readonly createPools?: CreateKeptPools | undefined;
}

/** Live changes of pools, as a Worker reaches them. */
export interface BoundPools {
  readonly pools: Pools;
  readonly live: LivePools;
}

/**
 * Binds the objects for live changes of pools. Only operators may change pools. Without operators, and without a pool that is
 * probed, there is nothing to ask the objects.
 *
 * @throws TypeError if a `healthCheck` needs a binding that is missing, or the build has no live changes of pools. If an
 * operator's change needs a missing binding, the admin API tells them.
 */
export function bindPools(
  bindings: PoolsEnv,
  config: Pick<ResolvedConfig, "admin" | "session" | "pools">,
  makeBreaker: Breakers["make"],
  log: Log,
  options: PoolsOptions,
): BoundPools | undefined {
  if (!usesOperators(config)) return undefined;
  return typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS
    ? bind(bindings, config, makeBreaker, log, options)
    : leftOut("MOOR_OPERATORS", config.admin ? "admin is configured" : "a pool's healthCheck is configured");
}

function bind(
  bindings: PoolsEnv,
  { admin, session, pools: configured }: Pick<ResolvedConfig, "admin" | "session" | "pools">,
  makeBreaker: Breakers["make"],
  log: Log,
  { createPools, keepAlive, reporterOf }: PoolsOptions,
): BoundPools | undefined {
  const kept = createPools ? createPools(makeBreaker, log) : inObjects(bindings, makeBreaker);
  if (!kept) {
    if (!configured.some(({ healthCheck }) => healthCheck)) return undefined;
    throw new TypeError(
      "a pool's healthCheck needs POOL_OBJECT and SESSION_REPLICAS bound, as in wrangler.toml. " +
        "The KV namespace SESSION_REPLICAS also holds the states of pools.",
    );
  }
  const { awayMs } = sessionSpans(session);
  const hasOperators = admin !== undefined;
  const live = createLivePools({
    ...kept,
    awayMs,
    hasOperators,
    reporterOf,
    keepAlive,
    clock: Date.now,
    random: Math.random,
    log,
  });
  return { pools: kept.pools, live };
}

function inObjects(
  { POOL_OBJECT, SESSION_REPLICAS: namespace }: PoolsEnv,
  makeBreaker: Breakers["make"],
): KeptPools | undefined {
  if (!POOL_OBJECT || !namespace) return undefined;
  const pools = createObjectPools(POOL_OBJECT, { breaker: makeBreaker("pool") });
  return { pools, read: (pool) => readPublished(namespace, pool) };
}
