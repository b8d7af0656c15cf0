import { encodeUtf8, murmur3 } from "../affinity/murmur3.ts";
import type { RowConnection, RowStore } from "./row-store.ts";

/** A store that keeps a part of the rows. */
export interface Shard {
  /** The name of its binding. The rows of a shard move if its name changes. */
  readonly name: string;
  readonly store: RowStore;
}

/**
 * Spreads rows over several stores of a kind, by rendezvous hashing of the row's name. If a shard is added, the share of rows that move
 * to it is the smallest that is possible, and the sessions in these rows are lost.
 *
 * @throws TypeError if there is no shard.
 */
export function shardRows(shards: readonly Shard[]): RowStore {
  const [first] = shards;
  if (!first) throw new TypeError("there is no store of rows to choose from");
  if (shards.length === 1) return first.store;

  function shardOf(row: string): RowStore {
    const scored = shards.map(({ name, store }) => ({ store, score: murmur3(encodeUtf8(`${name}\n${row}`), 0) }));
    return scored.reduce((best, other) => (other.score > best.score ? other : best)).store;
  }

  /** A connection to each shard that is used. */
  function connect(): RowConnection {
    const open = new Map<RowStore, RowConnection | RowStore>();
    function to(row: string) {
      const store = shardOf(row);
      const known = open.get(store) ?? store.connect?.() ?? store;
      open.set(store, known);
      return known;
    }
    return {
      read: (row) => to(row).read(row),
      write: (row, write) => to(row).write(row, write),
      async end() {
        for (const connection of open.values()) if ("end" in connection) await connection.end();
      },
    };
  }

  /** Names from all shards. */
  async function namesFrom(ask: (store: RowStore) => ReturnType<RowStore["due"]>) {
    const answers = await Promise.all(shards.map(({ store }) => ask(store)));
    const names: string[] = [];
    for (const answer of answers) {
      if (answer.kind === "unavailable") return answer;
      names.push(...answer.names);
    }
    return { kind: "names" as const, names };
  }

  return {
    name: first.store.name,
    isMetered: first.store.isMetered,
    connect,
    read: (row) => shardOf(row).read(row),
    write: (row, write) => shardOf(row).write(row, write),
    due: (limit) => namesFrom((store) => store.due(Math.max(1, Math.ceil(limit / shards.length)))),
    sealedOtherwise:
      first.store.sealedOtherwise &&
      ((starts, limit) =>
        // A shard may have many rows that cannot be opened, and must name the others behind them.
        namesFrom(async (store) => (await store.sealedOtherwise?.(starts, limit)) ?? { kind: "names", names: [] })),
    async free(limit) {
      let rows = 0;
      for (const { store } of shards) {
        const freed = await store.free(limit);
        if (freed.kind === "unavailable") return freed;
        rows += freed.rows;
      }
      return { kind: "freed", rows };
    },
  };
}
