import { describe, expect } from "vitest";
import type { Part } from "./part.ts";

/** The changes that the journal accepts, and the changes that it refuses. */
export function testJournal({ it, session, found, append, recordOf, tombstone, entryOf, now }: Part): void {
  describe("the journal", () => {
    const past = () => now() - 1;

    it("takes a change once, however often it is sent", async () => {
      const entry = entryOf(session.id, { patches: [{ a: 1 }] });
      const answers = [await session.fallback.append(entry), await session.fallback.append(entry)];
      answers.push(...(await Promise.all([session.fallback.append(entry), session.fallback.append(entry)])));
      for (const answer of answers) expect(answer).toEqual({ kind: "appended" });
      expect((await found()).entries).toEqual([entry]);
    });

    it("acknowledges a repeat, though the change has expired, the session ended and its generation passed", async () => {
      const entry = entryOf(session.id);
      await session.fallback.append(entry);
      await append({ end: true }, 1);
      await session.fallback.keep({ ...tombstone(session.id, 1), generation: 1 });
      const late = { ...entry, change: { ...entry.change, expiresAt: past() } };
      expect(await session.fallback.append(late)).toEqual({ kind: "appended" });
      expect((await found()).entries).toHaveLength(2);
    });

    it("refuses a change that has expired by its own clock", async () => {
      expect(await session.fallback.append(entryOf(session.id, { expiresAt: past() }))).toEqual({ kind: "expired" });
      expect((await found()).entries).toEqual([]);
    });

    it("takes no change after an end, and no second end", async () => {
      await append({ patches: [{ a: 1 }] });
      expect(await session.fallback.append(entryOf(session.id, { end: true }))).toEqual({ kind: "appended" });
      expect(await session.fallback.append(entryOf(session.id, { patches: [{ b: 1 }] }))).toEqual({ kind: "ended" });
      expect(await session.fallback.append(entryOf(session.id, { end: true }))).toEqual({ kind: "ended" });
      expect((await found()).entries).toHaveLength(2);
    });

    it("takes no change of a session whose backup is a tombstone", async () => {
      await session.fallback.keep(tombstone(session.id, 1));
      expect(await session.fallback.append(entryOf(session.id))).toEqual({ kind: "ended" });
      expect((await found()).entries).toEqual([]);
    });

    it("takes no change of a generation before the backup's", async () => {
      expect(await append({}, 9)).toBe("appended");
      await session.fallback.keep(recordOf(session.id, { generation: 10 }));
      expect(await session.fallback.append(entryOf(session.id, {}, { generation: 9 }))).toEqual({ kind: "undecided" });
      expect((await found()).entries).toHaveLength(1);
      expect(await append({}, 10)).toBe("appended");
    });

    it("takes no change of a generation before that of any entry", async () => {
      await session.fallback.keep(recordOf(session.id, { generation: 1 }));
      expect(await append({}, 10)).toBe("appended");
      expect(await append({}, 11)).toBe("appended");
      expect(await append({}, 11)).toBe("appended");
      expect(await append({}, 10)).toBe("undecided");
      expect(await append({ end: true }, 9)).toBe("undecided");
      expect((await found()).entries).toHaveLength(3);
    });

    it("takes no change after an end that a generation before it asked for: the authority may drop that", async () => {
      await append({ end: true }, 0);
      expect(await append({ patches: [{ a: 1 }] }, 1)).toBe("undecided");
      expect(await append({ end: true }, 1)).toBe("undecided");
      expect((await found()).entries).toHaveLength(1);
    });

    it("says of a change that it would refuse twice that the session has ended, then that it is superseded", async () => {
      await append({}, 1);
      expect(await append({ expiresAt: past() }, 0)).toBe("undecided");
      await append({ end: true }, 1);
      expect(await append({ expiresAt: past() }, 0)).toBe("ended");
    });

    it("takes no login, no rotation and no change that asks for a version: only the authority takes these", async () => {
      for (const asked of [{ principal: "alice" }, { rotate: true as const }, { ifVersion: 0 }]) {
        await expect(session.fallback.append(entryOf(session.id, asked))).rejects.toThrow(TypeError);
      }
      expect(await session.fallback.read(session.id)).toEqual({ kind: "found", entries: [] });
      expect(await session.fallback.pendingSets()).toEqual({ kind: "sets", sets: [] });
    });

    it("that is full takes no more, which is the last reason for it to refuse", async () => {
      const large = "x".repeat(125_000);
      for (let i = 0; i < 3; i++) expect(await append({ patches: [{ large }] })).toBe("appended");
      const entry = entryOf(session.id, { patches: [{ large }] });
      const full = { kind: "unavailable", cause: { name: "RedisFault", code: "journal-full" } };
      expect(await session.fallback.append(entry)).toMatchObject(full);
      expect(await append({ patches: [{ large }], expiresAt: past() })).toBe("expired");
      expect((await found()).entries).toHaveLength(3);
      expect(await append({ patches: [{ small: true }] })).toBe("appended");
    });
  });
}
