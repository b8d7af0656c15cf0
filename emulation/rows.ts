import type { Row, RowStore } from "../src/row-stores/row-store.ts";

/** The settings of a store of rows in memory. */
export interface RowsInMemoryOptions {
  /** The store's own clock, in milliseconds since 1970. */
  readonly clock: () => number;
  /** The store frees rows by itself when they need no longer be kept. Default `true`, as Redis does. */
  readonly freesByItself?: boolean;
  /** Default `false`. */
  readonly isMetered?: boolean;
}

/** A store of rows in memory. Each method takes effect in one step, when it is called. */
export interface RowsInMemory {
  readonly store: RowStore;
  /** The names of the rows that the store holds. */
  names(): string[];
  /** The store comes back with the rows that it held so many milliseconds ago, as after a failover. */
  setBack(ms: number): void;
}

interface Held {
  readonly row: Row;
  readonly keepUntil: number;
  readonly dueAt: number | undefined;
}

/** A store that compares and writes rows, in memory. */
export function createRowsInMemory(options: RowsInMemoryOptions): RowsInMemory {
  const { clock, freesByItself = true, isMetered = false } = options;
  const rows = new Map<string, Held>();
  /** The row that each write has replaced. */
  const replaced: { readonly at: number; readonly name: string; readonly held: Held | undefined }[] = [];

  function held(name: string): Held | undefined {
    const found = rows.get(name);
    return found && freesByItself && clock() >= found.keepUntil ? undefined : found;
  }

  function readNow(name: string) {
    const found = held(name);
    const storeNow = clock();
    return found ? { kind: "row" as const, row: found.row, storeNow } : { kind: "none" as const, storeNow };
  }

  const store: RowStore = {
    name: "memory-rows",
    isMetered,
    read: async (name) => readNow(name),
    async write(name, { seen, next, keepUntil, dueAt, notAfter }) {
      if (held(name)?.row.tag !== seen) return { kind: "moved", now: readNow(name) };
      if (clock() >= notAfter) return { kind: "late" };
      replaced.push({ at: clock(), name, held: rows.get(name) });
      if (next) rows.set(name, { row: next, keepUntil, dueAt });
      else rows.delete(name);
      return { kind: "written" };
    },
    async sealedOtherwise(starts, limit) {
      const others = [...rows].filter(([, { row }]) => !starts.some((start) => row.text.startsWith(start)));
      return { kind: "names", names: others.map(([name]) => name).slice(0, limit) };
    },
    async due(limit) {
      const due = [...rows].flatMap(([name, { dueAt }]) =>
        held(name) && dueAt !== undefined && dueAt <= clock() ? [{ name, dueAt }] : [],
      );
      const first = due.sort((one, other) => one.dueAt - other.dueAt).slice(0, limit);
      return { kind: "names", names: first.map(({ name }) => name) };
    },
    async free(limit) {
      const over = [...rows].filter(([, { keepUntil }]) => clock() >= keepUntil).slice(0, limit);
      for (const [name] of over) rows.delete(name);
      return { kind: "freed", rows: freesByItself ? 0 : over.length };
    },
  };

  return {
    store,
    names: () => [...rows.keys()].filter((name) => held(name)).sort(),
    setBack(ms) {
      const until = clock() - ms;
      for (let last = replaced.at(-1); last && last.at > until; last = replaced.at(-1)) {
        replaced.pop();
        if (last.held) rows.set(last.name, last.held);
        else rows.delete(last.name);
      }
    },
  };
}
