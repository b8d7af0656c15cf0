import { leftOut } from "../../lib/build-flags.ts";
import type { Fallback } from "../fallback-contract.ts";
import type { Seal } from "../seal.ts";
import { createRedisFallback } from "./fallback.ts";

/** The bindings of Redis. Set both or neither. */
export interface RedisBindings {
  /** Redis over the REST protocol of Upstash. */
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
}

/**
 * Redis at Upstash as the fallback; `undefined`: it is not bound.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without Redis.
 */
export function bindRedisFallback(
  { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }: RedisBindings,
  seal: Seal,
): Fallback | undefined {
  if (!url && !token) return undefined;
  if (!url || !token) {
    const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new TypeError(`${missing} is not set; Redis takes both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.`);
  }
  return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
    ? createRedisFallback({ url, token, seal })
    : leftOut("MOOR_REDIS", "UPSTASH_REDIS_REST_URL is set");
}
