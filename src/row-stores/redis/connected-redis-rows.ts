import type { Unavailable } from "../../lib/unavailable.ts";
import { attempt, RedisFault, unreadable } from "../../redis/client.ts";
import type { RedisConnection } from "../../redis/tcp-client.ts";
import { alone } from "../alone.ts";
import type { RowConnection, RowStore } from "../row-store.ts";
import { barrierKey, createRedisRows } from "./redis-rows.ts";
import { BARRIER, REPLICAS } from "./row-scripts.ts";

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
    /**
     * How many replicas must have a write that may have taken effect with fewer; 0: there is none. A transaction that reads such a write again
     * would take it for acknowledged.
     */
    let inDoubt = 0;

    /** Waits until so many replicas have all that this connection has written. */
    async function replicated(least: number): Promise<void> {
      const replicas = await connection.run(["WAIT", String(least), String(WAIT_MS)]);
      if (typeof replicas !== "number" || replicas < least) throw new RedisFault("unreplicated");
      inDoubt = 0;
    }

    /** How many replicas must have an end: one, if Redis has replicas. */
    async function replicasForEnd(name: string): Promise<number> {
      const replicas = await connection.eval(REPLICAS, [barrierKey(name)], []);
      return typeof replicas === "number" ? Math.min(replicas, 1) : unreadable();
    }

    /** An answer that may show a write in doubt, once replicas have that write. */
    async function settled<Answer>(name: string, answer: Answer): Promise<Answer | Unavailable> {
      const least = inDoubt;
      if (least === 0) return answer;
      return attempt(async () => {
        await connection.eval(BARRIER, [barrierKey(name)], []);
        await replicated(least);
        return answer;
      });
    }

    return {
      due,
      read: async (name) => settled(name, await read(name)),
      async write(name, asked) {
        const asksFor = async () => ({ kind: "asked" as const, least: await replicasForEnd(name) });
        const needs = waitReplicas === 0 && asked.isEnd ? await attempt(asksFor) : { least: waitReplicas };
        if ("kind" in needs && needs.kind === "unavailable") return needs;
        const { least } = needs;
        const before = inDoubt;
        inDoubt = least;
        const written = await write(name, asked);
        if (least === 0 || written.kind === "unavailable") return written;
        if (written.kind === "written") return attempt(() => replicated(least).then(() => written));
        inDoubt = before;
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
