import { beforeEach, describe, expect } from "vitest";
import type { Guarantees } from "../../src/row-stores/kind.ts";
import type { Row, RowStore, RowWrite } from "../../src/row-stores/row-store.ts";
import { casesOf, type Gap } from "../support/contract.ts";
import { uniqueId } from "../support/sessions.ts";

/** A store of rows, and its clock. */
export interface RowStoreUnderTest {
  create(): RowStore;
  /** The same, out of reach. */
  createUnreachable(): RowStore;
  /** The store's clock, in milliseconds since 1970, good to a second. */
  now(): number;
  readonly gaps: readonly Gap[];
}

const HOUR_MS = 3_600_000;

/** The cases that a store need not pass, because it declares that it gives no such promise. */
export function gapsOf({ tellsTime, namesDue }: Guarantees): Gap[] {
  return [
    ...(tellsTime
      ? []
      : [{ reason: "it does not tell the time", cases: ["tells its time with each answer to a read"] }]),
    ...(namesDue
      ? []
      : [
          {
            reason: "it names no rows, so nobody is told of sessions that become idle",
            cases: [
              "names the rows that are due, the earliest first, and no others",
              "names a row no longer when a write has put it off, or has deleted it",
              "names no rows as due when it is out of reach",
            ],
          },
        ]),
  ];
}

/** The promises of every store of rows. */
export function testRowStore(label: string, { create, createUnreachable, now, gaps }: RowStoreUnderTest): void {
  const it = casesOf(gaps);

  describe(`${label}, as a store of rows`, () => {
    let store: RowStore;
    let name: string;
    beforeEach(() => {
      store = create();
      name = uniqueId("session:row");
    });

    const row = (tag: string, text = `text-of-${tag}`): Row => ({ tag, text });
    const write = (given: Partial<RowWrite>, to = name) =>
      store.write(to, {
        seen: undefined,
        next: undefined,
        keepUntil: now() + HOUR_MS,
        dueAt: undefined,
        notAfter: now() + HOUR_MS,
        ...given,
      });
    const read = async (from = name) => {
      const { storeNow, ...answer } = (await store.read(from)) as { storeNow?: number; kind: string };
      return answer;
    };

    it("reads no row where no row was written", async () => {
      expect(await read()).toEqual({ kind: "none" });
    });

    it("tells its time with each answer to a read", async () => {
      const before = now();
      const none = await store.read(name);
      await write({ next: row("a") });
      const found = await store.read(name);
      for (const answer of [none, found]) {
        expect(answer).toHaveProperty("storeNow");
        const { storeNow } = answer as { storeNow: number };
        expect(storeNow).toBeGreaterThan(before - 2_000);
        expect(storeNow).toBeLessThan(now() + 2_000);
      }
    });

    it("tells its time to the millisecond", async () => {
      if (gaps.some(({ cases }) => cases.includes("tells its time with each answer to a read"))) return;
      const isWhole = async () => ((await store.read(name)) as { storeNow: number }).storeNow % 1_000 === 0;
      await expect.poll(isWhole).toBe(false);
    });

    it("founds a row, and reads it as it was written", async () => {
      expect(await write({ next: row("a") })).toEqual({ kind: "written" });
      expect(await read()).toEqual({ kind: "row", row: row("a") });
    });

    it("founds a row only where there is none", async () => {
      await write({ next: row("a") });
      expect(await write({ next: row("b") })).toMatchObject({ kind: "moved" });
      expect(await read()).toEqual({ kind: "row", row: row("a") });
    });

    it("replaces a row only if it has the tag that was seen", async () => {
      await write({ next: row("a") });
      expect(await write({ seen: "a", next: row("b") })).toEqual({ kind: "written" });
      expect(await write({ seen: "a", next: row("c") })).toMatchObject({ kind: "moved" });
      expect(await read()).toEqual({ kind: "row", row: row("b") });
    });

    it("replaces no row that is gone", async () => {
      expect(await write({ seen: "a", next: row("b") })).toMatchObject({ kind: "moved" });
      expect(await read()).toEqual({ kind: "none" });
    });

    it("deletes a row only if it has the tag that was seen", async () => {
      await write({ next: row("a") });
      expect(await write({ seen: "b" })).toMatchObject({ kind: "moved" });
      expect(await read()).toEqual({ kind: "row", row: row("a") });
      expect(await write({ seen: "a" })).toEqual({ kind: "written" });
      expect(await read()).toEqual({ kind: "none" });
    });

    it("deletes no row that has come since none was seen", async () => {
      await write({ next: row("a") });
      expect(await write({})).toMatchObject({ kind: "moved" });
      expect(await read()).toEqual({ kind: "row", row: row("a") });
    });

    it("answers a write that lost with the row that won, or leaves the answer open", async () => {
      await write({ next: row("a") });
      const lost = await write({ next: row("b") });
      expect(lost.kind).toBe("moved");
      if (lost.kind === "moved" && lost.now) expect(lost.now).toMatchObject({ kind: "row", row: row("a") });
    });

    it("lets exactly one of many parallel writers win, each time", async () => {
      await write({ next: row("0") });
      for (let turn = 0; turn < 5; turn++) {
        const writes = Array.from({ length: 8 }, (_, writer) =>
          write({ seen: `${turn === 0 ? "0" : `won-${turn - 1}`}`, next: row(`won-${turn}`, `by-${writer}`) }),
        );
        const outcomes = (await Promise.all(writes)).map(({ kind }) => kind);
        expect(outcomes.filter((kind) => kind === "written")).toHaveLength(1);
        expect(outcomes.filter((kind) => kind === "moved")).toHaveLength(7);
      }
    });

    it("keeps a text of 700 KB", async () => {
      const text = "x".repeat(700_000);
      expect(await write({ next: row("a", text) })).toEqual({ kind: "written" });
      expect(await read()).toEqual({ kind: "row", row: row("a", text) });
    });

    it("writes nothing when the write is late by its own clock", async () => {
      expect(await write({ next: row("a"), notAfter: now() - 2_000 })).toEqual({ kind: "late" });
      expect(await read()).toEqual({ kind: "none" });
      await write({ next: row("b") });
      expect(await write({ seen: "b", next: row("c"), notAfter: now() - 2_000 })).toEqual({ kind: "late" });
      expect(await write({ seen: "b", notAfter: now() - 2_000 })).toEqual({ kind: "late" });
      expect(await read()).toEqual({ kind: "row", row: row("b") });
    });

    it("names the rows that are due, the earliest first, and no others", async () => {
      // Their names sort otherwise than their times.
      const [late, early, later, never, over] = ["a-late", "b-early", "c-later", "d-never", "e-over"].map((kind) =>
        uniqueId(`session:${kind}`),
      );
      await write({ next: row("a"), dueAt: now() - 20_000 }, late);
      await write({ next: row("a"), dueAt: now() - 40_000 }, early);
      await write({ next: row("a"), dueAt: now() + HOUR_MS }, later);
      await write({ next: row("a") }, never);
      await write({ next: row("a"), keepUntil: now() - 2_000 }, over);
      expect(await named(late, early, later, never, over)).toEqual([early, late]);
    });

    it("names a row no longer when a write has put it off, or has deleted it", async () => {
      const [postponed, settled, deleted] = ["postponed", "settled", "deleted"].map((kind) =>
        uniqueId(`session:${kind}`),
      );
      for (const each of [postponed, settled, deleted]) await write({ next: row("a"), dueAt: now() - 20_000 }, each);
      expect(await named(postponed, settled, deleted)).toHaveLength(3);
      await write({ seen: "a", next: row("b"), dueAt: now() + HOUR_MS }, postponed);
      await write({ seen: "a", next: row("b") }, settled);
      // The time of a row that is deleted does not count.
      await write({ seen: "a", dueAt: now() - 20_000 }, deleted);
      expect(await named(postponed, settled, deleted)).toEqual([]);
    });

    /** Those of the names that the store calls due, in its order. */
    async function named(...names: (string | undefined)[]): Promise<string[]> {
      const due = await store.due(100_000);
      if (due.kind === "unavailable") throw due.cause;
      return due.names.filter((candidate) => names.includes(candidate));
    }

    it("no longer has a row that need not be kept, at the latest when it is asked to free such rows", async () => {
      const [kept, due] = ["kept", "due"].map((kind) => uniqueId(`session:${kind}`));
      await write({ next: row("a"), keepUntil: now() - 2_000 });
      await write({ next: row("a") }, kept);
      await write({ next: row("a"), dueAt: now() - 20_000 }, due);
      expect(await store.free(100_000)).toMatchObject({ kind: "freed" });
      expect(await read()).toEqual({ kind: "none" });
      for (const each of [kept, due]) expect(await read(each)).toEqual({ kind: "row", row: row("a") });
    });

    it("no longer has a row that its newest write lets go, although it is due later", async () => {
      await write({ next: row("a") });
      await write({ seen: "a", next: row("b"), keepUntil: now() - 2_000, dueAt: now() + HOUR_MS });
      await store.free(100_000);
      expect(await read()).toEqual({ kind: "none" });
    });

    it("frees rows that are over, however many others are due, and tells how many", async () => {
      for (const due of ["one", "two", "three"]) {
        await write({ next: row("a"), dueAt: now() - 20_000 }, uniqueId(`session:${due}`));
      }
      await write({ next: row("a"), keepUntil: now() - 2_000 });
      const isFreedByItself = (await read()).kind === "none";
      let freed = 0;
      for (let some = await store.free(1); some.kind === "freed" && some.rows > 0; some = await store.free(1)) {
        expect(some.rows).toBe(1);
        freed += some.rows;
      }
      expect(await read()).toEqual({ kind: "none" });
      expect(freed === 0).toBe(isFreedByItself);
    });

    it("frees a row at once that need not be kept at all", async () => {
      await write({ next: row("a"), keepUntil: 0 });
      await store.free(100_000);
      expect(await read()).toEqual({ kind: "none" });
    });

    it("replaces and deletes nothing by a tag that its connection has not read last", async () => {
      await write({ next: row("a") });
      const connection = store.connect?.();
      if (!connection) return;
      await connection.read(name);
      const changes = { keepUntil: now() + HOUR_MS, dueAt: undefined, notAfter: now() + HOUR_MS };
      expect(await connection.write(name, { ...changes, seen: "b", next: row("c") })).toMatchObject({ kind: "moved" });
      await connection.read(name);
      await write({ seen: "a", next: row("b") });
      expect(await connection.write(name, { ...changes, seen: "a", next: row("c") })).toMatchObject({ kind: "moved" });
      await connection.read(name);
      await write({ seen: "b", next: row("d") });
      expect(await connection.write(name, { ...changes, seen: "b", next: undefined })).toMatchObject({ kind: "moved" });
      await connection.end();
      expect(await read()).toEqual({ kind: "row", row: row("d") });
    });

    it("forgets the alarm of a row that it has freed, once the row is deleted again", async () => {
      await write({ next: row("a"), keepUntil: now() - 2_000, dueAt: now() - 20_000 });
      await store.free(100_000);
      expect(await write({})).toEqual({ kind: "written" });
      expect(await named(name)).toEqual([]);
    });

    it("is unavailable when it is out of reach, which is never the absence of a row", async () => {
      const unreachable = createUnreachable();
      const given = { next: row("a"), keepUntil: now() + HOUR_MS, notAfter: now() + HOUR_MS };
      expect(await unreachable.read(name)).toMatchObject({ kind: "unavailable" });
      expect(await unreachable.write(name, { seen: undefined, dueAt: undefined, ...given })).toMatchObject({
        kind: "unavailable",
      });
    });

    it("names rows whose text begins otherwise, if it does not free each row by itself", async () => {
      if (!store.sealedOtherwise) return;
      const names = ["a", "b", "c"].map((part) => `${name}-${part}`);
      const texts = ["AAAx", "AABx", "ABBx"];
      for (const [nth, text] of texts.entries()) await write({ next: row(`t${nth}`, text) }, names[nth]);
      const found = async (...starts: string[]) => {
        const answer = await store.sealedOtherwise?.(starts, 10_000);
        return names.filter((one) => answer?.kind === "names" && answer.names.includes(one));
      };
      expect(await found("AAA", "AAC", "AAD", "AAE")).toEqual(names.slice(1));
      expect(await found("AAA", "AAB", "AAC", "AAD")).toEqual(names.slice(2));
      expect(await found("AAA", "AAB", "ABB", "AAC")).toEqual([]);
      const some = await store.sealedOtherwise(["AAC", "AAD", "AAE", "AAF"], 1);
      expect(some.kind === "names" && some.names.length).toBeGreaterThan(0);
    });

    it("names no rows as due when it is out of reach", async () => {
      expect(await createUnreachable().due(10)).toMatchObject({ kind: "unavailable" });
    });
  });
}
