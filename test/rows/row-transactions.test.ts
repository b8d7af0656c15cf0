import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import type { LogEntry } from "../../src/log.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import type { RowEntries } from "../../src/rows/row-entries.ts";
import { createRowTransactions } from "../../src/rows/row-transactions.ts";
import { BreakerOpenError } from "../../src/store/breaker.ts";
import { createSeal } from "../../src/store/seal.ts";
import { setTime } from "../support/edge.ts";
import { macRing } from "../support/rings.ts";
import { T0 } from "../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const HOUR_MS = 3_600_000;
const forAnHour = () => Date.now() + HOUR_MS;
const DOWN = { kind: "unavailable" as const, cause: new Error("down") };

interface World {
  readonly key?: number;
  readonly store?: RowStore;
  readonly through?: (store: RowStore) => RowStore;
  readonly isMetered?: boolean;
  readonly storeClock?: () => number;
  readonly random?: number;
  /** Called with each pause, in milliseconds. */
  readonly onPause?: (ms: number) => void;
}

function createWorld({ key = 1, store, through, isMetered = false, ...more }: World = {}) {
  const { storeClock = Date.now, random = 0, onPause = () => {} } = more;
  const rows = store ?? createRowsInMemory({ clock: storeClock, isMetered }).store;
  const used = through?.(rows) ?? rows;
  const lines: LogEntry[] = [];
  const calls: string[] = [];
  const counted: RowStore = {
    ...used,
    read: (name) => {
      calls.push("read");
      return used.read(name);
    },
    write: (name, write) => {
      calls.push("write");
      return used.write(name, write);
    },
  };
  const transact = createRowTransactions({
    store: counted,
    seal: createSeal(macRing(key)),
    clock: () => Date.now(),
    random: () => random,
    pause: async (ms) => onPause(ms),
    log: (line) => lines.push(line),
  });
  const add = (entries: RowEntries) => entries.kv.put("n", (entries.kv.get<number>("n") ?? 0) + 1);
  return {
    store: rows,
    lines,
    calls,
    transact,
    increment: () =>
      transact("session:a", forAnHour, async (entries) => {
        add(entries);
        return { kind: "counted" as const, n: entries.kv.get<number>("n") };
      }),
    read: () =>
      transact("session:a", forAnHour, async (entries) => ({ kind: "read" as const, n: entries.kv.get("n") })),
  };
}

describe("a transaction on a row", () => {
  it("reads once and writes once, and writes nothing if nothing has changed", async () => {
    const { increment, read, calls } = createWorld();
    expect(await increment()).toEqual({ kind: "counted", n: 1 });
    expect(calls.splice(0)).toEqual(["read", "write"]);
    expect(await read()).toEqual({ kind: "read", n: 1 });
    expect(calls).toEqual(["read"]);
  });

  it("works again on the row of another writer, without a second read where the store tells the row", async () => {
    const world = createWorld();
    let isFirst = true;
    await world.transact("session:a", forAnHour, async (entries) => {
      if (isFirst) await createWorld({ store: world.store }).increment();
      isFirst = false;
      entries.kv.put("n", (entries.kv.get<number>("n") ?? 0) + 10);
    });
    expect(world.calls).toEqual(["read", "write", "write"]);
    expect(await world.read()).toEqual({ kind: "read", n: 11 });
  });

  it("asks a store once more that did not answer, and not a third time", async () => {
    let silences = 1;
    const through = (store: RowStore): RowStore => ({
      ...store,
      read: async (name) => (silences-- > 0 ? DOWN : store.read(name)),
    });
    const { increment } = createWorld({ through });
    expect(await increment()).toEqual({ kind: "counted", n: 1 });
    silences = 2;
    expect(await increment()).toMatchObject(DOWN);
  });

  it("gives up a row that other writers keep moving, sooner where each call costs money", async () => {
    const through = (store: RowStore): RowStore => ({ ...store, write: async () => ({ kind: "moved" }) });
    let tag = 0;
    const moving = (store: RowStore): RowStore => ({
      ...through(store),
      read: async () => ({ kind: "row", row: { tag: `t${tag++}`, text: sealed } }),
    });
    const sealed = await createSeal(macRing(1)).close({ id: "session:a", version: 0, purpose: "row" }, "[]");
    for (const [isMetered, attempts] of [
      [true, 12],
      [false, 80],
    ] as const) {
      const { increment, calls } = createWorld({ through: moving, isMetered });
      expect(await increment()).toMatchObject({ kind: "unavailable" });
      expect(calls.filter((call) => call === "write")).toHaveLength(attempts);
    }
  });

  it("pauses before each further attempt, longer each time and for 60 ms at most, and gives up after three seconds", async () => {
    const through = (store: RowStore): RowStore => ({
      ...store,
      write: async () => ({ kind: "moved", now: await moving() }),
    });
    let tag = 0;
    const text = await createSeal(macRing(1)).close({ id: "session:a", version: 0, purpose: "row" }, "[]");
    const moving = async () => ({ kind: "row" as const, row: { tag: `t${tag++}`, text } });
    const pauses: number[] = [];
    const onPause = (ms: number) => {
      pauses.push(ms);
      setTime(T0 + pauses.reduce((sum, each) => sum + each, 0));
    };
    const { increment } = createWorld({ through, random: 1, onPause });
    expect(await increment()).toMatchObject({ kind: "unavailable" });
    expect(pauses.slice(0, 5)).toEqual([10, 20, 40, 60, 60]);
    expect(Date.now() - T0).toBeGreaterThanOrEqual(3_000);
    expect(Date.now() - T0).toBeLessThan(3_100);
  });

  it("asks a store once whose breaker is open", async () => {
    const cause = new BreakerOpenError("rows");
    const through = (store: RowStore): RowStore => ({ ...store, read: async () => ({ kind: "unavailable", cause }) });
    const { increment, calls } = createWorld({ through });
    expect(await increment()).toEqual({ kind: "unavailable", cause });
    expect(calls).toEqual(["read"]);
  });

  it("works on the row of another writer as of the moment at which its own write left", async () => {
    const { store } = createWorld();
    const through = (inner: RowStore): RowStore => ({
      ...inner,
      async write(name, write) {
        const written = await inner.write(name, write);
        setTime(Date.now() + 500);
        return written;
      },
    });
    const times: number[] = [];
    await createWorld({ store, through }).transact("session:a", forAnHour, async (entries, now) => {
      if (times.push(now) === 1) await createWorld({ store }).increment();
      entries.kv.put("n", times.length);
    });
    expect(times).toEqual([T0, T0]);
  });

  it.each([true, false])("ends its connection, whether or not the store answers: %s", async (answers) => {
    let ended = 0;
    const through = (store: RowStore): RowStore => ({
      ...store,
      connect: () => ({
        read: async (name) => (answers ? store.read(name) : DOWN),
        write: store.write,
        end: async () => void ended++,
      }),
    });
    expect((await createWorld({ through }).increment()).kind).toBe(answers ? "counted" : "unavailable");
    expect(ended).toBe(1);
  });

  it("is unavailable when reads are older than the writes that they follow, because a replica or a cache answers", async () => {
    const world = createWorld();
    await world.increment();
    const old = await world.store.read("session:a");
    await world.increment();
    const fromReplica = (store: RowStore): RowStore => ({
      ...store,
      read: async () => old,
      write: async (name, write) => {
        const written = await store.write(name, write);
        return written.kind === "moved" ? { kind: "moved" } : written;
      },
    });
    const { increment } = createWorld({ store: world.store, through: fromReplica });
    expect(await increment()).toMatchObject({
      kind: "unavailable",
      cause: { message: "reads of memory-rows do not come from its primary" },
    });
  });

  it("tells the times of a write by the store's clock, and logs a clock that is more than a second ahead", async () => {
    const { store } = createWorld({ storeClock: () => Date.now() + 9_000 });
    const writes: { keepUntil: number; notAfter: number; dueAt: number | undefined }[] = [];
    const through = (inner: RowStore): RowStore => ({
      ...inner,
      write: (name, write) => {
        writes.push(write);
        return inner.write(name, write);
      },
    });
    const { increment, transact, lines } = createWorld({ store, through });
    await increment();
    await transact("session:a", forAnHour, (entries) => entries.setAlarm(T0 + 60_000));
    expect(writes).toMatchObject([
      { keepUntil: T0 + HOUR_MS + 9_000, notAfter: T0 + 8_000 + 9_000, dueAt: undefined },
      { dueAt: T0 + 60_000 + 9_000 },
    ]);
    expect(lines).toEqual([{ event: "store_clock_apart", store: "memory-rows", apartMs: 9_000 }]);
  });

  it("does not send a change that is too late, and takes a change for lost that the store calls late", async () => {
    const world = createWorld();
    const change = (notAfter: number) =>
      world.transact("session:a", forAnHour, async (entries) => entries.kv.put("n", 1), notAfter);
    expect(await change(T0)).toMatchObject({ kind: "unavailable" });
    expect(world.calls).toEqual(["read"]);
    const through = (store: RowStore): RowStore => ({ ...store, write: async () => ({ kind: "late" }) });
    expect(await createWorld({ through }).increment()).toMatchObject({ kind: "unavailable" });
  });

  it("writes nothing of work that throws, as for a row of newer code", async () => {
    const { transact, read, calls } = createWorld();
    const failed = transact("session:a", forAnHour, async (entries) => {
      entries.kv.put("n", 1);
      throw new Error("a record of schema 2, not 1");
    });
    expect(await failed).toMatchObject({ kind: "unavailable", cause: { isOneSessions: true } });
    expect(calls).toEqual(["read"]);
    expect(await read()).toEqual({ kind: "read", n: undefined });
  });

  it("is unavailable for a row that cannot be opened, which says nothing about the store", async () => {
    const { store, increment } = createWorld();
    await increment();
    const { read, increment: write } = createWorld({ store, key: 2 });
    expect(await read()).toMatchObject({ kind: "unavailable", cause: { isOneSessions: true } });
    expect(await write()).toMatchObject({ kind: "unavailable", cause: { isOneSessions: true } });
  });

  it("does not take a record that was sealed for another store for a row", async () => {
    const { store, read, increment } = createWorld();
    await increment();
    const seal = createSeal(macRing(1));
    const found = await store.read("session:a");
    if (found.kind !== "row") throw new Error("no row");
    const context = { id: "session:a", version: 0 };
    const opened = await seal.open({ ...context, purpose: "row" }, found.row.text);
    const text = await seal.close({ ...context, purpose: "backup" }, opened ?? "");
    const times = { keepUntil: T0 + HOUR_MS, dueAt: undefined, notAfter: T0 + HOUR_MS };
    await store.write("session:a", { seen: found.row.tag, next: { tag: "other", text }, ...times });
    expect(await read()).toMatchObject({ kind: "unavailable", cause: { isOneSessions: true } });
  });

  it("does not take the row of another name for its own", async () => {
    const { store, increment, transact } = createWorld();
    await increment();
    const found = await store.read("session:a");
    if (found.kind !== "row") throw new Error("no row");
    const times = { keepUntil: T0 + HOUR_MS, dueAt: undefined, notAfter: T0 + HOUR_MS };
    await store.write("session:b", { seen: undefined, next: found.row, ...times });
    expect(await transact("session:b", forAnHour, async () => ({ kind: "read" as const }))).toMatchObject({
      kind: "unavailable",
    });
  });
});
