import { literal, optional } from "valibot";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../redis/tcp-client.ts";
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
    const address = text === undefined ? undefined : readRedisAddress(text);
    if (!address) {
      const found = text === undefined ? "not set" : "no address of Redis";
      throw new TypeError(
        `MOOR_REDIS_URL is ${found}; it takes one, as in "rediss://user:password@redis.example.com:6379/0".`,
      );
    }
    return typeof MOOR_REDIS_TCP_ROWS === "undefined" || MOOR_REDIS_TCP_ROWS
      ? rowsAt(address, waitReplicas)
      : undefined;
  },
});

function rowsAt(address: RedisServerAddress, waitReplicas: number): RowStore {
  return createConnectedRedisRows({
    connect: () => connectToRedis({ address, open, deadlineMs: DEADLINE_MS }),
    waitReplicas,
  });
}

async function open({ hostname, port, tls }: RedisServerAddress) {
  // The command reads these settings in Node, which has no such module.
  const { connect } = await import("cloudflare:sockets");
  return connect({ hostname, port }, { secureTransport: tls ? "on" : "off", allowHalfOpen: false });
}
