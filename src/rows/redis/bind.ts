import { leftOut } from "../../lib/build-flags.ts";
import type { RedisBindings } from "../../store/redis/bind.ts";
import { createRedisClient } from "../../store/redis/client.ts";
import type { RowStore } from "../row-store.ts";
import { createRedisRows } from "./redis-rows.ts";

const DEADLINE_MS = 1_000;

/**
 * Rows in Redis over the REST protocol of Upstash.
 *
 * @throws TypeError that names the missing binding, or if the build is without Redis.
 */
export function bindRedisRows({
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
}: RedisBindings): RowStore {
  if (!url || !token) {
    const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new TypeError(`${missing} is not set; stores.authority "redis" needs it.`);
  }
  return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
    ? rowsAt(url, token)
    : leftOut("MOOR_REDIS", 'stores.authority is "redis"');
}

function rowsAt(url: string, token: string): RowStore {
  const client = createRedisClient({ url, token, deadlineMs: DEADLINE_MS });
  return createRedisRows({ run: client.eval, isMetered: true });
}
