import { attempt, RedisFault } from "../../redis/client.ts";
import type { RedisConnection } from "../../redis/tcp-client.ts";
import { alone } from "../alone.ts";
import type { RowConnection, RowStore } from "../row-store.ts";
import { createRedisRows } from "./redis-rows.ts";

/** The way to a Redis that is reached by a socket. */
export interface ConnectedRedisRowsOptions {
  connect(): RedisConnection;
  /** How many replicas must have a change before it is acknowledged. */
  readonly waitReplicas: number;
}

/** How long replicas may take to have a change, in milliseconds. */
const WAIT_MS = 500;

/** The rows of {@link createRedisRows}, by a socket. The calls of a transaction share it. */
export function createConnectedRedisRows({ connect, waitReplicas }: ConnectedRedisRowsOptions): RowStore {
  function opened(): RowConnection & Pick<RowStore, "due"> {
    const connection = connect();
    const { read, write, due } = createRedisRows({ run: connection.eval, provesPrimary: true, isMetered: false });
    return {
      read,
      due,
      async write(name, asked) {
        const written = await write(name, asked);
        if (written.kind !== "written" || waitReplicas === 0) return written;
        return attempt(async () => {
          const replicas = await connection.run(["WAIT", String(waitReplicas), String(WAIT_MS)]);
          if (typeof replicas === "number" && replicas >= waitReplicas) return written;
          throw new RedisFault("unreplicated");
        });
      },
      end: async () => connection.end(),
    };
  }

  return {
    name: "redis",
    isMetered: false,
    connect: opened,
    read: (name) => alone(opened(), (connection) => connection.read(name)),
    write: (name, asked) => alone(opened(), (connection) => connection.write(name, asked)),
    due: (limit) => alone(opened(), (connection) => connection.due(limit)),
    free: async () => ({ kind: "freed", rows: 0 }),
  };
}
