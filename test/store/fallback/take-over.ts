import { describe, expect } from "vitest";
import { idsOf, newId } from "../redis/records.ts";
import type { Part } from "./part.ts";

/** Taking entries out of the journal. */
export function testTakeOver({ it, session, found, append, recordOf, tombstone, entryOf }: Part): void {
  describe("a take-over", () => {
    it("removes exactly the entries that were taken, and writes the backup", async () => {
      const entries = Array.from({ length: 4 }, (_, i) => entryOf(session.id, { patches: [{ i }] }));
      for (const entry of entries) await session.fallback.append(entry);
      const [first, second, third, fourth] = idsOf(entries) as [string, string, string, string];
      const record = recordOf(session.id, { version: 2 });
      expect(await session.fallback.takeOver(session.id, [first, third, newId()], record)).toEqual({
        kind: "kept",
        journalLength: 2,
      });
      const left = await found();
      expect(left.record).toEqual(record);
      expect(idsOf(left.entries)).toEqual([second, fourth]);
    });

    it("with nothing taken writes the backup alone", async () => {
      await append();
      expect(await session.fallback.takeOver(session.id, [], recordOf(session.id))).toEqual({
        kind: "kept",
        journalLength: 1,
      });
      expect(await found()).toMatchObject({ record: { version: 1 }, entries: [{}] });
    });

    it("without a record to write removes the entries alone", async () => {
      const [one, two] = [entryOf(session.id), entryOf(session.id)];
      await session.fallback.append(one);
      await session.fallback.append(two);
      expect(await session.fallback.takeOver(session.id, [one.change.id], undefined)).toEqual({
        kind: "kept",
        journalLength: 1,
      });
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", entries: [two] });
      const ended = tombstone(session.id, 3);
      await session.fallback.keep(ended);
      expect(await session.fallback.takeOver(session.id, [two.change.id], undefined)).toEqual({
        kind: "kept",
        journalLength: 0,
      });
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", record: ended, entries: [] });
    });

    it("removes the changes that were taken although a newer backup or a tombstone stays", async () => {
      const [one, two] = [entryOf(session.id), entryOf(session.id)];
      await session.fallback.append(one);
      await session.fallback.append(two);
      await session.fallback.keep(recordOf(session.id, { version: 3 }));
      const older = recordOf(session.id, { version: 2 });
      expect(await session.fallback.takeOver(session.id, [one.change.id], older)).toEqual({
        kind: "older",
        journalLength: 1,
      });
      expect(await found()).toEqual({
        kind: "found",
        record: expect.objectContaining({ version: 3 }),
        entries: [two],
      });
      await session.fallback.keep(tombstone(session.id, 4));
      const late = recordOf(session.id, { version: 5 });
      expect(await session.fallback.takeOver(session.id, [two.change.id], late)).toEqual({
        kind: "ended",
        journalLength: 0,
      });
      expect(await found()).toMatchObject({ record: { version: 4, ended: {} }, entries: [] });
    });

    it("of an end leaves a tombstone, after which no change is taken", async () => {
      const end = entryOf(session.id, { end: true });
      await session.fallback.append(end);
      await session.fallback.takeOver(session.id, [end.change.id], tombstone(session.id, 2));
      expect((await found()).entries).toEqual([]);
      expect(await append()).toBe("ended");
    });

    it("that empties the journal leaves the generation to the backup", async () => {
      const entry = entryOf(session.id, {}, { generation: 2 });
      await session.fallback.append(entry);
      await session.fallback.takeOver(session.id, [entry.change.id], recordOf(session.id, { generation: 1 }));
      expect(await append({}, 0)).toBe("undecided");
      expect(await append({}, 1)).toBe("appended");
    });
  });
}
