import { describe, expect, it } from "vitest";
import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import type { LogEntry } from "../../src/log.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createRowAuthority } from "../../src/rows/row-authority.ts";
import { resealRows } from "../../src/rows/row-reseal.ts";
import { createRowTransactions } from "../../src/rows/row-transactions.ts";
import { createSeal, sealedTextsBeginWith } from "../../src/store/seal.ts";
import { macRing } from "../support/rings.ts";
import { changeAt, refTo, uniqueId } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

const OLD = macRing(1);
const NEW = macRing(2);
const BOTH: KeyRing = [NEW[0], ...OLD];
const HOUR_MS = 3_600_000;

/** Isolates whose rows are in one store, each with a ring of its own. */
function world(rows?: RowsInMemory) {
  let now = T0;
  const clock = () => now;
  const { store } = rows ?? createRowsInMemory({ clock });
  const lines: LogEntry[] = [];
  let reads = 0;
  const counted: RowStore = {
    ...store,
    read: (name) => {
      reads += 1;
      return store.read(name);
    },
    write: (name, asked) => store.write(name, asked),
  };
  const isolateOf = (ring: KeyRing) => {
    const log = (line: LogEntry) => void lines.push(line);
    const pause = async () => {};
    const transact = createRowTransactions({
      store: counted,
      seal: createSeal(ring),
      clock,
      random: () => 0,
      pause,
      log,
    });
    const keepAlive = () => {};
    const parts = { store, transact, clock, pause, copies: { replicate: "off" as const }, tell: () => {}, keepAlive };
    const authority = createRowAuthority(parts);
    return {
      authority,
      sweep: () => resealRows({ store: counted, transact, ring, clock, log }),
      found: async (id = uniqueId()) => {
        await authority.commit(refTo(id, now), changeAt(now, { patches: [{ basket: "tea" }], touch: true }));
        return id;
      },
      basketOf: async (id: string) => {
        const found = await authority.read(refTo(id, now), now);
        return found.kind === "hit" ? found.copy.attributes.basket : found.kind;
      },
    };
  };
  return { isolateOf, store, lines, reads: () => reads, elapse: (ms: number) => (now += ms), clock };
}

describe("texts that a key has sealed", () => {
  it("begin with one of four texts, whatever they hold", async () => {
    const seal = createSeal(NEW);
    for (let nth = 0; nth < 64; nth++) {
      const text = await seal.close({ id: "a", version: nth, purpose: "row" }, String(nth));
      expect(sealedTextsBeginWith(NEW[0].id)).toContain(text.slice(0, 3));
      expect(sealedTextsBeginWith(OLD[0].id)).not.toContain(text.slice(0, 3));
    }
  });
});

describe("rows whose key is to leave the ring", () => {
  it("are sealed by the new key, an hour after it began to seal, and then open without the old key", async () => {
    const { isolateOf, lines, elapse } = world();
    const [before, between, after] = [isolateOf(OLD), isolateOf(BOTH), isolateOf(NEW)];
    const idle = await Promise.all(Array.from({ length: 20 }, () => before.found()));
    await between.sweep();
    elapse(HOUR_MS - 1);
    await between.sweep();
    expect(await after.basketOf(idle[0] ?? "")).toBe("unavailable");
    elapse(1);
    await between.sweep();
    expect(await Promise.all(idle.map(after.basketOf))).toEqual(idle.map(() => "tea"));
    expect(lines).toEqual([{ event: "rows_resealed", key: NEW[0].id, rows: 20, left: 0, isDone: true }]);
  });

  it("are looked for once, and again when another key seals", async () => {
    const { isolateOf, lines, elapse, reads } = world();
    const [before, between] = [isolateOf(OLD), isolateOf(BOTH)];
    await before.found();
    await between.sweep();
    elapse(HOUR_MS);
    await between.sweep();
    const counted = reads();
    await between.sweep();
    expect(reads() - counted).toBe(1);
    const back = isolateOf([...OLD, NEW[0]]);
    await back.sweep();
    elapse(HOUR_MS);
    await back.sweep();
    expect(lines.map(({ key, rows }) => [key, rows])).toEqual([
      [NEW[0].id, 1],
      [OLD[0].id, 1],
    ]);
  });

  it("keep their deadlines and their alarms", async () => {
    const { isolateOf, store, elapse } = world();
    const [before, between] = [isolateOf(OLD), isolateOf(BOTH)];
    const writes: unknown[] = [];
    const { write } = store;
    store.write = (name, asked) => {
      if (name.startsWith("session:")) writes.push([name, asked.keepUntil, asked.dueAt]);
      return write(name, asked);
    };
    await before.found();
    await between.sweep();
    elapse(HOUR_MS);
    await between.sweep();
    expect(writes).toHaveLength(2);
    expect(writes[1]).toEqual(writes[0]);
  });

  it("do not hold up others if they cannot be opened, and are counted", async () => {
    const { isolateOf, store, lines, elapse, clock } = world();
    const between = isolateOf(BOTH);
    const times = { seen: undefined, keepUntil: clock() + 9 * HOUR_MS, dueAt: undefined, notAfter: clock() + HOUR_MS };
    for (let nth = 0; nth < 350; nth++) {
      await store.write(`session:damaged${nth}`, { ...times, next: { tag: `t${nth}`, text: "not sealed" } });
    }
    const id = await isolateOf(OLD).found();
    await between.sweep();
    elapse(HOUR_MS);
    await between.sweep();
    expect(await isolateOf(NEW).basketOf(id)).toBe("tea");
    expect(lines).toEqual([{ event: "rows_resealed", key: NEW[0].id, rows: 1, left: 350, isDone: true }]);
  });

  it("of other kinds are left alone, because they are freed within minutes", async () => {
    const { isolateOf, store, lines, elapse, clock } = world();
    const between = isolateOf(BOTH);
    const times = { seen: undefined, keepUntil: clock() + 9 * HOUR_MS, dueAt: undefined, notAfter: clock() + HOUR_MS };
    await store.write("cron:lease", { ...times, next: { tag: "t", text: "not sealed" } });
    await between.sweep();
    elapse(HOUR_MS);
    await between.sweep();
    expect(lines).toEqual([{ event: "rows_resealed", key: NEW[0].id, rows: 0, left: 1, isDone: true }]);
    expect(await store.read("cron:lease")).toMatchObject({ row: { tag: "t" } });
  });

  it("are left to the next sweep after ten seconds", async () => {
    const { isolateOf, store, lines, elapse } = world();
    const [before, between] = [isolateOf(OLD), isolateOf(BOTH)];
    for (let nth = 0; nth < 40; nth++) await before.found();
    await between.sweep();
    elapse(HOUR_MS);
    const { write } = store;
    store.write = (name, asked) => {
      elapse(300);
      return write(name, asked);
    };
    await between.sweep();
    // Six at once take 1.8 seconds, so the last six begin after nine seconds.
    expect(lines).toMatchObject([{ rows: 36, isDone: false }]);
    await between.sweep();
    expect(lines.at(-1)).toMatchObject({ rows: 4, isDone: true });
  });

  it("are all sealed anew, although the store was away for some of them", async () => {
    const { isolateOf, store, lines, elapse } = world();
    const [before, between, after] = [isolateOf(OLD), isolateOf(BOTH), isolateOf(NEW)];
    const ids = [await before.found(), await before.found()];
    await between.sweep();
    elapse(HOUR_MS);
    const { write } = store;
    store.write = async (name, asked) =>
      name === `session:${ids[0]}` ? { kind: "unavailable", cause: new Error("down") } : write(name, asked);
    await between.sweep();
    expect(lines.map(({ isDone }) => isDone)).toEqual([false]);
    store.write = write;
    await between.sweep();
    expect(await Promise.all(ids.map(after.basketOf))).toEqual(["tea", "tea"]);
    expect(lines.map(({ isDone }) => isDone)).toEqual([false, true]);
  });
});
