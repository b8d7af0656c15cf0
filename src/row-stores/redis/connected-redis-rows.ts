import type { Unavailable } from "../../lib/unavailable.ts";
import { attempt, RedisFault } from "../../redis/client.ts";
import type { RedisConnection } from "../../redis/tcp-client.ts";
import { alone } from "../alone.ts";
import type { RowConnection, RowStore } from "../row-store.ts";
import { barrierKey, createRedisRows } from "./redis-rows.ts";
import { BARRIER } from "./row-scripts.ts";

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
    /** Whether a write may have taken effect without enough replicas. A transaction that reads it again would take it for acknowledged. */
    let isInDoubt = false;

    /** Waits until replicas have all that this connection has written. */
    async function replicated(): Promise<void> {
      const replicas = await connection.run(["WAIT", String(waitReplicas), String(WAIT_MS)]);
      if (typeof replicas !== "number" || replicas < waitReplicas) throw new RedisFault("unreplicated");
      isInDoubt = false;
    }

    /** An answer that may show a write in doubt, once replicas have that write. */
    async function settled<Answer>(name: string, answer: Answer): Promise<Answer | Unavailable> {
      if (!isInDoubt) return answer;
      return attempt(async () => {
        await connection.eval(BARRIER, [barrierKey(name)], []);
        await replicated();
        return answer;
      });
    }

    return {
      due,
      read: async (name) => settled(name, await read(name)),
      async write(name, asked) {
        const wasInDoubt = isInDoubt;
        isInDoubt = waitReplicas > 0;
        const written = await write(name, asked);
        if (waitReplicas === 0 || written.kind === "unavailable") return written;
        if (written.kind === "written") return attempt(() => replicated().then(() => written));
        isInDoubt = wasInDoubt;
        return settled(name, written);
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
