import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import { describeFault, type Log } from "../log.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import type { Copies } from "./contracts.ts";
import { guardCopies, guardFallback } from "./guarded.ts";
import { createKvReplicas, type ReplicaNamespace } from "./kv-replicas.ts";
import type { Fallback } from "./redis/contract.ts";
import { createRedisFallback, type RedisFallbackOptions } from "./redis/fallback.ts";
import { createSeal } from "./seal.ts";

/** The bindings of wrangler for the stores outside the objects. */
export interface StoreBindings {
  /** Key ring that seals the data that leaves the authority. */
  readonly MOOR_STORE_KEYS?: string;
  /** Redis over the REST protocol of Upstash. Set both bindings or neither. */
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  /** KV. */
  readonly SESSION_REPLICAS?: ReplicaNamespace;
}

/** The stores outside the objects, each behind its breaker. A store without a binding is absent. */
export interface BoundStores {
  readonly fallback: Fallback | undefined;
  readonly replicas: Copies | undefined;
  readonly breakers: readonly Breaker[];
  /** A breaker that logs. */
  readonly breakerFor: (name: string) => Breaker;
}

const KV_DEADLINE_MS = 1_000;

/**
 * Binds the stores. They keep nothing of a request, so an isolate may use them for its whole life.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindStores(bindings: StoreBindings, log: Log): BoundStores {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, SESSION_REPLICAS: namespace } = bindings;
  const seal = createSeal(parseKeyRing(bindings.MOOR_STORE_KEYS, "MOOR_STORE_KEYS"));
  if (!url !== !token) {
    const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new TypeError(`${missing} is not set; Redis takes both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.`);
  }
  const clock = Date.now;
  const breakerFor = (name: string) =>
    createBreaker({
      name,
      clock,
      random: Math.random,
      onChange: (store, state, cause) =>
        log({
          event: state === "half-open" ? "store_half_open" : `store_${state}`,
          store,
          ...(cause === undefined ? {} : { reason: describeFault(cause) }),
        }),
    });
  const redis = breakerFor("redis");
  const kv = breakerFor("kv");
  return {
    fallback: url && token ? guardFallback(fallbackOf({ url, token, seal }), redis) : undefined,
    replicas: namespace && guardCopies(createKvReplicas({ namespace, seal, clock }), kv, KV_DEADLINE_MS),
    breakers: [redis, kv],
    breakerFor,
  };
}

function fallbackOf(options: RedisFallbackOptions): Fallback {
  return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
    ? createRedisFallback(options)
    : leftOut("MOOR_REDIS", "UPSTASH_REDIS_REST_URL is set");
}
