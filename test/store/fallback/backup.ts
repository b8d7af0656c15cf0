import { describe, expect } from "vitest";
import type { Change } from "../../../src/session/change.ts";
import { newId } from "../redis/records.ts";
import type { Part } from "./part.ts";

/** Reading, and keeping backups. */
export function testBackup({ it, session, found, append, recordOf, tombstone, entryOf }: Part): void {
  describe("a read", () => {
    it("of a session of which nothing is known finds no record and no entries", async () => {
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", entries: [] });
    });

    it("gives back a backup with many ids of changes as it was", async () => {
      const recentChanges = Array.from({ length: 160 }, (_, nth) => ({
        id: `c-${nth}`,
        expiresAt: nth,
        generation: 2,
      }));
      const record = recordOf(session.id, { recentChanges });
      await session.fallback.keep(record);
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", record, entries: [] });
    });

    it("gives back the backup and the journal's entries, as they were and in order", async () => {
      const record = recordOf(session.id, {
        version: 4_294_967_295,
        generation: 3,
        principal: "alice",
        attributes: JSON.parse('{"basket":{"tea":1},"__proto__":{"list":[null,1.5,"\u00fc"]}}'),
        rotatedAt: 5,
        recentChanges: [{ id: "c", expiresAt: 7, generation: 2 }],
      });
      const asked: Partial<Change>[] = [{ patches: [{ a: 1 }, { a: null }] }, { touch: true }, {}];
      const entries = asked.map((one) => entryOf(session.id, one, { generation: 3 }));
      await session.fallback.keep(record);
      for (const entry of entries) await session.fallback.append(entry);
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", record, entries });
      expect(JSON.stringify(await found())).toContain('"__proto__":{"list"');
    });

    it("finds a journal without a backup", async () => {
      const entry = entryOf(session.id, { patches: [{ a: 1 }] });
      await session.fallback.append(entry);
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", entries: [entry] });
    });

    it("of one session finds nothing of another session", async () => {
      await session.fallback.keep(recordOf(newId()));
      await session.fallback.append(entryOf(newId()));
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", entries: [] });
    });

    it("gives values of its own: later changes of them, or of the values that were given, change nothing", async () => {
      const record = recordOf(session.id, { attributes: { list: [1] } });
      const entry = entryOf(session.id, { patches: [{ list: [1] }] });
      await session.fallback.keep(record);
      await session.fallback.append(entry);
      const before = structuredClone(await found());
      const spoil = (given: unknown[]) => given.map((one) => Object.assign(one as object, { spoilt: true }));
      spoil([record, record.attributes, entry.ref, entry.change, entry.change.policy]);
      expect(await found()).toEqual(before);
      const read = await found();
      spoil([read.record, read.record?.attributes, ...read.entries.map(({ change }) => change)]);
      expect(await found()).toEqual(before);
    });
  });

  describe("a backup", () => {
    const keep = async (...given: Parameters<typeof recordOf>) =>
      (await session.fallback.keep(recordOf(...given))).kind;

    it("is replaced by a newer version, and never by an older version", async () => {
      expect(await keep(session.id, { version: 9 })).toBe("kept");
      expect(await keep(session.id, { version: 10 })).toBe("kept");
      expect(await keep(session.id, { version: 9, attributes: { old: true } })).toBe("older");
      expect((await found()).record).toMatchObject({ version: 10, attributes: {} });
    });

    it("of the same version is replaced by a later touch, and never by an earlier touch", async () => {
      expect(await keep(session.id, { touchedAt: 9_000 })).toBe("kept");
      expect(await keep(session.id, { touchedAt: 10_000 })).toBe("kept");
      expect(await keep(session.id, { touchedAt: 9_000 })).toBe("older");
      expect((await found()).record?.touchedAt).toBe(10_000);
    });

    it("of the same version and touch is replaced by the backup that arrives last", async () => {
      const record = recordOf(session.id, { returned: false });
      await session.fallback.keep(record);
      expect(await session.fallback.keep({ ...record, returned: true })).toMatchObject({ kind: "kept" });
      expect((await found()).record?.returned).toBe(true);
    });

    it("of a newer version is kept though its touch is earlier", async () => {
      await keep(session.id, { touchedAt: 10_000 });
      expect(await keep(session.id, { version: 2, touchedAt: 9_000 })).toBe("kept");
    });

    it("that is a tombstone replaces every backup that is not newer, and is never replaced", async () => {
      await keep(session.id, { version: 5 });
      expect(await session.fallback.keep(tombstone(session.id, 4))).toMatchObject({ kind: "older" });
      expect(await session.fallback.keep(tombstone(session.id, 6))).toMatchObject({ kind: "kept" });
      const ended = await found();
      expect(ended.record).toMatchObject({ version: 6, ended: { reason: "ended" } });
      expect(await keep(session.id, { version: 7 })).toBe("ended");
      expect(await session.fallback.keep(tombstone(session.id, 8))).toMatchObject({ kind: "ended" });
      expect(await found()).toEqual(ended);
    });

    it("tells how many entries the journal holds, whatever became of it", async () => {
      expect(await session.fallback.keep(recordOf(session.id, { version: 2 }))).toEqual({
        kind: "kept",
        journalLength: 0,
      });
      await append();
      await append();
      await session.fallback.append(entryOf(newId()));
      expect(await session.fallback.keep(recordOf(session.id))).toEqual({ kind: "older", journalLength: 2 });
      expect(await session.fallback.keep(tombstone(session.id, 3))).toEqual({ kind: "kept", journalLength: 2 });
      expect(await session.fallback.keep(recordOf(session.id, { version: 4 }))).toEqual({
        kind: "ended",
        journalLength: 2,
      });
    });
  });
}
