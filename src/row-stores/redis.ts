import { literal } from "valibot";
import { createRedisClient } from "../redis/client.ts";
import { shape } from "../settings/shapes.ts";
import { defineRowStore } from "./kind.ts";
import { createRedisRows } from "./redis/redis-rows.ts";
import type { RowStore } from "./row-store.ts";

declare global {
  /** `false`: the build is without rows in Redis. */
  const MOOR_REDIS_ROWS: boolean | undefined;
}

/** Rows in Redis, over the REST protocol of Upstash. */
export interface RedisRowsConfig {
  type: "redis";
}

/** The bindings of Redis, which it shares with the fallback. */
export interface RedisRowsBindings {
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
}

const DEADLINE_MS = 1_000;

/** Redis. */
export const redis = defineRowStore<RedisRowsConfig, RedisRowsBindings>()({
  title: "authority on Redis",
  schema: () => shape({ type: literal("redis") }),
  guarantees: { survivesRestart: true, tellsTime: true, namesDue: true },
  bind({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }) {
    if (!url || !token) {
      const missing = !url ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
      throw new TypeError(`${missing} is not set; stores.authority "redis" needs it.`);
    }
    return typeof MOOR_REDIS_ROWS === "undefined" || MOOR_REDIS_ROWS ? rowsAt(url, token) : undefined;
  },
});

function rowsAt(url: string, token: string): RowStore {
  const client = createRedisClient({ url, token, deadlineMs: DEADLINE_MS });
  return createRedisRows({ run: client.eval, isMetered: true });
}
