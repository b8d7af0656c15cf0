import { beforeEach, describe, expect, it } from "vitest";
import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import type { LogEntry } from "../../src/log.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { PoolEntries } from "../../src/rows/pool-entries.ts";
import type { RowPools } from "../../src/rows/row-pools.ts";
import { type PoolChange, PUBLISHING_MS } from "../../src/upstream/live/pool-contracts.ts";
import { UnreadableStateError } from "../../src/upstream/live/published-states.ts";
import { addTo, emptySketch } from "../../src/upstream/live/sketch.ts";
import { AWAY_MS, testPools } from "../objects/pool/pools.suite.ts";
import { changeOf } from "../support/pool-states.ts";
import { macRing } from "../support/rings.ts";
import { at, T0 } from "../support/time.ts";
import { alarmOf, known, processOf } from "./pools-world.ts";

const ask = { awayMs: AWAY_MS };
let now: number;
let log: LogEntry[];
let rows: RowsInMemory;

beforeEach(() => {
  now = T0;
  log = [];
  rows = createRowsInMemory({ clock: () => now });
});

const process = (store = rows.store, ring?: KeyRing) =>
  processOf(store, { clock: () => now, log: (entry) => log.push(entry) }, ring);
const change = (pools: RowPools, action: PoolChange["action"], given: Partial<PoolChange> = {}) =>
  known(pools.change("shop", { change: changeOf(action, given), ...ask }));
const versionIn = async (pools: RowPools) => (await pools.read("shop"))?.version;
const sketchOf = (...sessions: string[]) => {
  const sketch = emptySketch();
  for (const session of sessions) addTo(sketch, session);
  return sketch;
};
const away = (store: RowStore): RowStore => {
  const fault = { kind: "unavailable" as const, cause: new Error("the store is away") };
  return { ...store, read: async () => fault, write: async () => fault };
};

testPools("on rows", ({ pool, clock, log }) => {
  const { store } = createRowsInMemory({ clock });
  const fresh = () => processOf(store, { clock, log });
  return {
    change: (asked) => known(fresh().pools.change(pool, { change: asked, ...ask })),
    look: () => known(fresh().pools.look(pool, ask)),
    see: (origin, sketch) => fresh().pools.see(pool, { seen: [{ origin, sketch }], ...ask }),
    audit: (entry) => fresh().pools.audit(pool, { entry }),
    audited: async (most) => (await known(fresh().pools.audited(pool, { most }))).entries,
    published: () => fresh().pools.read(pool),
    async stored() {
      const read = await store.read(`pool:${pool}`);
      return read.kind === "row" ? [read.row] : [];
    },
    alarmAt: () => alarmOf(fresh(), pool),
    ring: () => known(fresh().pools.ring(pool)),
  };
});

describe("pools on rows", () => {
  it("are changed by two processes at once, and no change is lost", async () => {
    const [one, other] = [process().pools, process().pools];
    const others = ["a", "b", "c"];
    const changed = await Promise.all([
      change(one, "drain", { origin: "b", others }),
      change(other, "drain", { origin: "c", others }),
    ]);
    expect(changed.map(({ kind }) => kind)).toEqual(["changed", "changed"]);
    const state = await process().pools.read("shop");
    expect([state?.version, state?.origins.map(({ id }) => id).sort()]).toEqual([2, ["b", "c"]]);
  });

  it("keep an origin for new sessions, although each of two operators at two processes leaves another open", async () => {
    const [one, other] = [process().pools, process().pools];
    const changed = await Promise.all([
      change(one, "eject", { origin: "a", others: ["b"], at: "now" }),
      change(other, "eject", { origin: "b", others: ["a"], at: "now" }),
    ]);
    expect(changed.map(({ kind }) => kind).sort()).toEqual(["changed", "refused"]);
  });

  it("publish each change at once, also where the clock of the process is behind that of the process before", async () => {
    now = at(5);
    await change(process().pools, "drain");
    now = T0;
    expect(await change(process().pools, "restore")).toMatchObject({ published: true, state: { version: 2 } });
    expect(await versionIn(process().pools)).toBe(2);
  });

  it("are unavailable while the store does not answer, and never open", async () => {
    const { pools } = process(away(rows.store));
    expect(await pools.look("shop", ask)).toMatchObject({ kind: "unavailable" });
    expect(await pools.change("shop", { change: changeOf("drain"), ...ask })).toMatchObject({ kind: "unavailable" });
    expect(await pools.ring("shop")).toMatchObject({ kind: "unavailable" });
    await expect(pools.read("shop")).rejects.toThrow("the store is away");
  });

  it("are not read if newer code has written a state that this code cannot read", async () => {
    const { pools, transact } = process();
    await change(pools, "drain");
    await transact(
      "pool:shop",
      () => at(1e6),
      async (row) => {
        const entries = new PoolEntries(row);
        const held = entries.kv.get<{ state: object }>("pool");
        entries.kv.put("pool", { ...held, state: { ...held?.state, schema: 2 } });
        entries.save(1);
        return { kind: "written" as const };
      },
    );
    await expect(process().pools.read("shop")).rejects.toThrow(UnreadableStateError);
  });

  it("answer a change whose first answer was lost as if it had not been lost, and change nothing twice", async () => {
    let isLost = false;
    const losing: RowStore = {
      ...rows.store,
      async write(name, asked) {
        const written = await rows.store.write(name, asked);
        if (isLost) return written;
        isLost = true;
        return { kind: "unavailable", cause: new Error("the answer is lost") };
      },
    };
    const by = { id: "one", who: "token", from: "api" } as const;
    expect(await change(process(losing).pools, "drain", { by })).toMatchObject({ kind: "changed" });
    expect([isLost, await versionIn(process().pools)]).toEqual([true, 1]);
  });

  it("take no change that comes to the store so late that isolates could not know of it in time", async () => {
    const slow: RowStore = {
      ...rows.store,
      async write(name, asked) {
        now += PUBLISHING_MS;
        return rows.store.write(name, asked);
      },
    };
    const changed = await process(slow).pools.change("shop", { change: changeOf("drain"), ...ask });
    expect(changed).toMatchObject({ kind: "unavailable" });
    expect(await process().pools.read("shop")).toBeUndefined();
  });

  it("ask that a replica has a change before it is acknowledged, and no sighting", async () => {
    const ends: (boolean | undefined)[] = [];
    const watched: RowStore = {
      ...rows.store,
      write(name, asked) {
        ends.push(asked.isEnd);
        return rows.store.write(name, asked);
      },
    };
    const { pools } = process(watched);
    await change(pools, "drain");
    await pools.see("shop", { seen: [{ origin: "b", sketch: sketchOf("one") }], ...ask });
    expect(ends).toEqual([true, false]);
  });

  it("cost no write for sightings that are known, and no call for none", async () => {
    let [reads, writes] = [0, 0];
    const counted: RowStore = {
      ...rows.store,
      read(name) {
        reads++;
        return rows.store.read(name);
      },
      write(name, asked) {
        writes++;
        return rows.store.write(name, asked);
      },
    };
    const { pools } = process(counted);
    const seen = [{ origin: "b", sketch: sketchOf("one", "two") }];
    for (let n = 0; n < 3; n++) expect(await pools.see("shop", { seen, ...ask })).toMatchObject({ kind: "seen" });
    await pools.see("shop", { seen: [], ...ask });
    expect([reads, writes]).toEqual([3, 1]);
  });

  it("forget the sightings of an origin that is gone, when they no longer count", async () => {
    const { pools, transact } = process();
    await pools.see("shop", { seen: [{ origin: "gone", sketch: sketchOf("one") }], ...ask });
    now = at(2 * 3_600);
    await pools.see("shop", { seen: [{ origin: "b", sketch: sketchOf("one") }], ...ask });
    const keys = await transact(
      "pool:shop",
      () => 0,
      async (row) => {
        const seen = [...new PoolEntries(row).kv.list({ prefix: "seen/" })].map(([key]) => key);
        return { kind: "keys" as const, seen };
      },
    );
    expect(keys).toEqual({ kind: "keys", seen: ["seen/b"] });
  });

  it("keep 200 actions of operators: the oldest goes", async () => {
    const { pools } = process();
    for (let n = 0; n <= 200; n++) {
      const entry = { id: `${n}`, at: at(n), who: "token", from: "api", action: "end", outcome: "done" } as const;
      await pools.audit("~site", { entry });
    }
    const { entries } = await known(pools.audited("~site", { most: 1_000 }));
    expect([entries.length, entries[0]?.id, entries.at(-1)?.id]).toEqual([200, "200", "1"]);
    expect((await known(pools.audited("~site", { most: 2 }))).entries.map(({ id }) => id)).toEqual(["200", "199"]);
  });

  it("log what a run has done only if the run takes effect, and once", async () => {
    await change(process().pools, "drain");
    now = at(20_000);
    let moves = 2;
    const moving: RowStore = {
      ...rows.store,
      async write(name, asked) {
        if (moves-- === 0) return rows.store.write(name, asked);
        const read = await rows.store.read(name);
        return { kind: "moved", ...(read.kind === "unavailable" ? {} : { now: read }) };
      },
    };
    await process(moving).pools.ring("shop");
    await process().pools.ring("shop");
    expect(log).toEqual([{ event: "drain_ended", pool: "shop", origin: "b" }]);
  });

  it("are kept for years, whatever happens to visitors", async () => {
    await change(process().pools, "eject", { at: "now" });
    now = at(5 * 366 * 86_400);
    expect(await versionIn(process().pools)).toBe(1);
  });
});

describe("a store that has lost a change of a pool", () => {
  it("gets it back from a process that knows it, which says so once, and the drain still ends", async () => {
    const { pools } = process();
    await change(pools, "drain", { origin: "c", others: ["a", "b"] });
    now = at(10);
    await change(pools, "drain");
    rows.setBack(5_000);
    expect(await versionIn(process().pools)).toBe(1);
    expect(await versionIn(pools)).toBe(2);
    await pools.read("shop");
    expect(log).toEqual([{ event: "pool_state_set_back", pool: "shop" }]);
    expect(await versionIn(process().pools)).toBe(2);
    await pools.ring("shop");
    expect(await alarmOf(process(), "shop")).toBeGreaterThan(at(10));
  });

  it("gets it back if it has lost everything, and the next change is newer than any that isolates know", async () => {
    const { pools } = process();
    await change(pools, "drain");
    now = at(10);
    rows.setBack(1e9);
    expect(rows.names()).toEqual([]);
    expect(await versionIn(pools)).toBe(1);
    // The cron job must find the drain, to end it.
    expect(await alarmOf(process(), "shop")).toBe(at(10));
    expect(await change(pools, "restore")).toMatchObject({ kind: "changed", state: { version: 2 } });
  });
});

describe("the key that seals the row of a pool", () => {
  it("is the first of the ring a minute after a deploy, so that the former key may leave the ring", async () => {
    const [former, next] = [macRing(1), macRing(2)];
    await change(process(rows.store, former).pools, "drain");
    // The alarm that the change has set.
    await process(rows.store, former).pools.ring("shop");
    const both: KeyRing = [...next, ...former];
    await process(rows.store, both).pools.ring("shop");
    expect(await versionIn(process(rows.store, next).pools)).toBe(1);
  });

  it("is not asked to seal again what it has sealed", async () => {
    await change(process().pools, "drain");
    const tag = async () => {
      const read = await rows.store.read("pool:shop");
      return read.kind === "row" ? read.row.tag : "";
    };
    // The alarm that the change has set.
    await process().pools.ring("shop");
    const before = await tag();
    await process().pools.ring("shop");
    expect(await tag()).toBe(before);
  });
});
