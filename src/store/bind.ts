import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Breakers } from "./breakers.ts";
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
}

const KV_DEADLINE_MS = 1_000;

/**
 * Binds the stores. They keep nothing of a request, so an isolate may use them for its whole life.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindStores(bindings: StoreBindings, breakers: Breakers): BoundStores {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, SESSION_REPLICAS: namespace } = bindings;
  const seal = createSeal(parseKeyRing(bindings.MOOR_STORE_KEYS, "MOOR_STORE_KEYS"));
  if (!url !== !token) {
    const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new TypeError(`${missing} is not set; Redis takes both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.`);
  }
  const replicas = namespace && createKvReplicas({ namespace, seal, clock: Date.now });
  return {
    fallback: url && token ? guardFallback(fallbackOf({ url, token, seal }), breakers.make("redis")) : undefined,
    replicas: replicas && guardCopies(replicas, breakers.make("kv"), KV_DEADLINE_MS),
  };
}

function fallbackOf(options: RedisFallbackOptions): Fallback {
  return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
    ? createRedisFallback(options)
    : leftOut("MOOR_REDIS", "UPSTASH_REDIS_REST_URL is set");
}
