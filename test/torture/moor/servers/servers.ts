import { rowsInMemcached } from "./memcached.ts";
import { rowsInMemory } from "./memory.ts";
import { rowsInRedis, rowsInRedisByTcp, rowsInRedisWithWait } from "./redis.ts";
import type { CreateRowServer } from "./server.ts";
import { rowsInD1, rowsInPostgres } from "./sql.ts";

/** The servers of rows by their names. */
export const ROW_SERVERS = {
  memory: rowsInMemory,
  redis: rowsInRedis,
  "redis-tcp": rowsInRedisByTcp,
  "redis-wait": rowsInRedisWithWait,
  d1: rowsInD1,
  postgres: rowsInPostgres,
  memcached: rowsInMemcached,
} satisfies Record<string, CreateRowServer>;

export type RowServerName = keyof typeof ROW_SERVERS;
