import { leftOut } from "../../lib/build-flags.ts";
import { openSocket } from "../../redis/open-socket.ts";
import { requireRedisAddress } from "../../redis/tcp-client.ts";
import type { Fallback } from "../fallback-contract.ts";
import type { Seal } from "../seal.ts";
import { createRedisFallback, createSocketFallback } from "./fallback.ts";

/** The bindings of Redis. Set the first two, or the last, or none. */
export interface RedisBindings {
  /** Redis over the REST protocol of Upstash. */
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  /** Redis by a socket: `rediss://user:password@host:port/database`, or `redis://…` without TLS. */
  readonly MOOR_REDIS_URL?: string;
}

const DEADLINE_MS = 1_000;

/**
 * Redis as the fallback; `undefined`: it is not bound.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without Redis.
 */
export function bindRedisFallback(bindings: RedisBindings, seal: Seal): Fallback | undefined {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, MOOR_REDIS_URL: text } = bindings;
  if (text) {
    if (url || token) throw new TypeError(TWO);
    return typeof MOOR_REDIS_TCP === "undefined" || MOOR_REDIS_TCP
      ? bySocket(text, seal)
      : leftOut("MOOR_REDIS_TCP", "MOOR_REDIS_URL is set");
  }
  if (!url && !token) return undefined;
  if (!url || !token) {
    const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new TypeError(`${missing} is not set; Redis takes both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.`);
  }
  return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
    ? createRedisFallback({ url, token, seal })
    : leftOut("MOOR_REDIS", "UPSTASH_REDIS_REST_URL is set");
}

const TWO =
  "MOOR_REDIS_URL and UPSTASH_REDIS_REST_URL or UPSTASH_REDIS_REST_TOKEN are set; the fallback takes one Redis. Remove the others: a " +
  "journal that one Redis holds is not in the other.";

function bySocket(text: string, seal: Seal): Fallback {
  return createSocketFallback({ address: requireRedisAddress(text), open: openSocket, deadlineMs: DEADLINE_MS }, seal);
}
