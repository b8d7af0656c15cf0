import { describe, expect, it } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { shardRows } from "../../src/row-stores/sharded-rows.ts";
import { testRowStore } from "./row-store.suite.ts";

const HOUR_MS = 3_600_000;
const rows = () => createRowsInMemory({ clock: Date.now, freesByItself: false });

function shards(...names: string[]) {
  const stores = names.map((name) => ({ name, ...rows() }));
  return { stores, sharded: shardRows(stores) };
}

const found = (store: RowStore, name: string, dueAt?: number) =>
  store.write(name, {
    seen: undefined,
    next: { tag: "a", text: "text" },
    keepUntil: Date.now() + HOUR_MS,
    dueAt,
    notAfter: Date.now() + HOUR_MS,
  });
const NAMES = Array.from({ length: 300 }, (_, nth) => `session:${nth}`);

testRowStore("rows in three stores", {
  create: () => shards("one", "two", "three").sharded,
  createUnreachable: () => shards("one", "two", "three").sharded,
  now: Date.now,
  gaps: [
    {
      reason: "a store in memory is always in reach",
      cases: [
        "is unavailable when it is out of reach, which is never the absence of a row",
        "names no rows as due when it is out of reach",
      ],
    },
    {
      reason: "each store names its own rows in order, and the sweep needs no order among stores",
      cases: ["names the rows that are due, the earliest first, and no others"],
    },
  ],
});

describe("rows in several stores", () => {
  it("are each in one store, and about as many in each", async () => {
    const { stores, sharded } = shards("one", "two", "three");
    for (const name of NAMES) await found(sharded, name);
    const held = stores.map(({ names }) => names().length);
    expect(held.reduce((sum, count) => sum + count, 0)).toBe(NAMES.length);
    for (const count of held) expect(count).toBeGreaterThan(NAMES.length / 5);
  });

  it("stay where they are when a store is added, except those that move to it", async () => {
    const { stores, sharded } = shards("one", "two", "three");
    for (const name of NAMES) await found(sharded, name);
    const wider = shardRows([...stores, { name: "four", ...rows() }]);
    const kinds = await Promise.all(NAMES.map((name) => wider.read(name)));
    const moved = kinds.filter(({ kind }) => kind === "none").length;
    expect(moved).toBeGreaterThan(NAMES.length / 8);
    expect(moved).toBeLessThan(NAMES.length / 2.5);
  });

  it("stay where they are in whatever order the stores are named", async () => {
    const { stores, sharded } = shards("one", "two", "three");
    for (const name of NAMES) await found(sharded, name);
    const turned = shardRows(stores.toReversed());
    for (const name of NAMES) expect(await turned.read(name)).toMatchObject({ kind: "row" });
  });

  it("are reached by one connection to each store, and all of these end", async () => {
    const count = { opened: 0, ended: 0 };
    const { stores } = shards("one", "two", "three");
    const connected = stores.map(({ name, store }) => {
      const connect = () => {
        count.opened++;
        return { ...store, end: async () => void count.ended++ };
      };
      return { name, store: { ...store, connect } };
    });
    const connection = shardRows(connected).connect?.();
    for (const name of NAMES) await connection?.read(name);
    await connection?.end();
    expect(count).toEqual({ opened: 3, ended: 3 });
  });

  it("are asked for by their share, so that no sweep names three times as many as it can ring", async () => {
    const asked: number[] = [];
    const { stores } = shards("one", "two", "three");
    const counting = stores.map(({ name, store }) => ({
      name,
      store: {
        ...store,
        due(limit: number) {
          asked.push(limit);
          return store.due(limit);
        },
      },
    }));
    await shardRows(counting).due(100);
    await shardRows(counting).due(1);
    expect(asked).toEqual([34, 34, 34, 1, 1, 1]);
  });

  it("are all named when they are due", async () => {
    const { sharded } = shards("one", "two", "three");
    for (const name of NAMES) await found(sharded, name, Date.now() - 1);
    const due = await sharded.due(3_000);
    expect(due.kind === "names" && [...due.names].sort()).toEqual([...NAMES].sort());
  });

  it("are unavailable as a whole for the sweep when one of the stores is", async () => {
    const { stores } = shards("one", "two");
    const cause = new Error("away");
    const unavailable = async () => ({ kind: "unavailable" as const, cause });
    const [one, two] = stores as [(typeof stores)[0], (typeof stores)[0]];
    const sharded = shardRows([one, { ...two, store: { ...two.store, due: unavailable, free: unavailable } }]);
    expect(await sharded.due(10)).toEqual({ kind: "unavailable", cause });
    expect(await sharded.free(10)).toEqual({ kind: "unavailable", cause });
  });
});
