import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import type { AuthorityConfig } from "../../../src/config/types.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../../../src/redis/tcp-client.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";

/** A real store of sessions. */
export interface ServedStore {
  readonly type: AuthorityConfig["type"];
  readonly port: number;
  /** The variables that lead to it by another port. */
  variables(port: number): Readonly<Record<string, string>>;
  /** The tag of a row, which each write replaces; `undefined`: there is no such row. */
  tagOf(row: string): Promise<string | undefined>;
  /** Loses a row, as a failover might. */
  lose(row: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a Redis. */
export async function startServedRedis(): Promise<ServedStore> {
  const redis = await startRedisBySocket();
  const address = readRedisAddress(redis.url) as RedisServerAddress;
  const connection = connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });
  const keyOf = async (row: string) => ((await connection.run(["KEYS", `moor:{rows-*}:${row}`])) as string[])[0];
  return {
    type: "redis-tcp",
    port: redis.port,
    variables: (port) => ({ MOOR_REDIS_URL: `redis://:${redis.password}@127.0.0.1:${port}` }),
    async tagOf(row) {
      const key = await keyOf(row);
      return key === undefined ? undefined : ((await connection.run(["HGET", key, "tag"])) as string);
    },
    async lose(row) {
      const key = await keyOf(row);
      if (key !== undefined) await connection.run(["DEL", key]);
    },
    async stop() {
      connection.end();
      await redis.stop();
    },
  };
}

/** Starts a Postgres. */
export async function startServedPostgres(): Promise<ServedStore> {
  const postgres = await startPostgres();
  return {
    type: "postgres",
    port: postgres.port,
    variables: (port) => ({ MOOR_POSTGRES: postgres.url.replace(`:${postgres.port}/`, `:${port}/`) }),
    async tagOf(row) {
      const [found] = await postgres.sql`SELECT tag FROM moor_rows WHERE name = ${row}`;
      return found === undefined ? undefined : String(found.tag);
    },
    lose: async (row) => void (await postgres.sql`DELETE FROM moor_rows WHERE name = ${row}`),
    stop: postgres.stop,
  };
}
