import { literal, optional } from "valibot";
import { openSocket } from "../redis/open-socket.ts";
import { connectToRedis, type RedisServerAddress, requireRedisAddress } from "../redis/tcp-client.ts";
import { wholeNumber } from "../settings/grammar.ts";
import { shape, value } from "../settings/shapes.ts";
import { defineRowStore } from "./kind.ts";
import { createConnectedRedisRows } from "./redis/connected-redis-rows.ts";
import type { RowStore } from "./row-store.ts";

declare global {
  /** `false`: the build is without rows in a Redis that is reached by a socket. */
  const MOOR_REDIS_TCP_ROWS: boolean | undefined;
}

/** Rows in one Redis, by a socket. */
export interface RedisTcpRowsConfig {
  type: "redis-tcp";
  /**
   * How many replicas must have a change before it is acknowledged (`WAIT`). A failover to one of them then loses nothing. Default 0; up to
   * 10.
   */
  waitReplicas?: number | undefined;
}

/** The binding of that Redis. */
export interface RedisTcpRowsBindings {
  /** `rediss://user:password@host:port/database`, or `redis://…` without TLS. */
  readonly MOOR_REDIS_URL?: string;
}

const DEADLINE_MS = 1_000;

/** Redis, by a socket. */
export const redisTcp = defineRowStore<RedisTcpRowsConfig, RedisTcpRowsBindings>()({
  title: "authority on Redis by a socket",
  schema: shape({ type: literal("redis-tcp"), waitReplicas: optional(value(wholeNumber(0, 10))) }),
  guarantees: { survivesRestart: true, tellsTime: true, namesDue: true },
  bind({ MOOR_REDIS_URL: text }, { waitReplicas = 0 }) {
    const address = requireRedisAddress(text);
    return typeof MOOR_REDIS_TCP_ROWS === "undefined" || MOOR_REDIS_TCP_ROWS
      ? rowsAt(address, waitReplicas)
      : undefined;
  },
});

function rowsAt(address: RedisServerAddress, waitReplicas: number): RowStore {
  return createConnectedRedisRows({
    connect: () => connectToRedis({ address, open: openSocket, deadlineMs: DEADLINE_MS }),
    waitReplicas,
  });
}
