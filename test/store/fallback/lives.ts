import { beforeEach, describe, expect } from "vitest";
import { POLICY } from "../../support/sessions.ts";
import { DAY_MS } from "../redis/records.ts";
import type { Part } from "./part.ts";

/** How long backups and journals are there. These cases set the clock. */
export function testLives({ it, session, found, append, recordOf, tombstone, entryOf, now, setClock }: Part): void {
  describe("the data that it holds of a session", () => {
    const begin = now();
    const advance = (ms: number) => setClock(begin + ms);
    const isThere = async () => {
      const { record, entries } = await found();
      return { backup: record !== undefined, journal: entries.length > 0 };
    };
    const lasting = (days: number) => ({ policy: { ...POLICY, absoluteSeconds: days * 86_400 } });
    beforeEach(() => advance(0));

    it("lives as long as the session can, idle or not, counted from its birth", async () => {
      await session.fallback.keep(recordOf(session.id, { absoluteDeadline: begin + 2 * DAY_MS }));
      await session.fallback.append(entryOf(session.id, lasting(9), { bornAt: begin - 6 * DAY_MS }));
      advance(2 * DAY_MS);
      expect(await isThere()).toEqual({ backup: true, journal: true });
      advance(2 * DAY_MS + 1);
      expect(await isThere()).toEqual({ backup: false, journal: true });
      advance(3 * DAY_MS + 1);
      expect(await isThere()).toEqual({ backup: false, journal: false });
    });

    it("lives as long as a token may still found the session", async () => {
      await session.fallback.keep({ ...tombstone(session.id, 1), foundingDeadline: begin + 3 * DAY_MS });
      advance(3 * DAY_MS);
      expect(await append()).toBe("ended");
      advance(3 * DAY_MS + 1);
      expect(await append()).toBe("appended");
    });

    it("lives a day at least, so that a long outage does not cost it", async () => {
      await session.fallback.keep(recordOf(session.id, { absoluteDeadline: begin, foundingDeadline: begin }));
      await session.fallback.append(entryOf(session.id, lasting(0)));
      advance(DAY_MS);
      expect(await isThere()).toEqual({ backup: true, journal: true });
      advance(DAY_MS + 1);
      expect(await isThere()).toEqual({ backup: false, journal: false });
    });

    it("lives on with each change, and no change shortens the journal's life", async () => {
      await session.fallback.append(entryOf(session.id, lasting(9)));
      await session.fallback.append(entryOf(session.id, lasting(1)));
      advance(9 * DAY_MS);
      await session.fallback.append(entryOf(session.id, lasting(0)));
      advance(10 * DAY_MS);
      expect((await found()).entries).toHaveLength(3);
      advance(10 * DAY_MS + 1);
      expect((await found()).entries).toEqual([]);
    });

    it("keeps the journal as long as the backup", async () => {
      await session.fallback.keep(recordOf(session.id, { absoluteDeadline: begin + 20 * DAY_MS }));
      await append();
      advance(20 * DAY_MS);
      expect(await isThere()).toEqual({ backup: true, journal: true });
      advance(20 * DAY_MS + 1);
      expect(await isThere()).toEqual({ backup: false, journal: false });
    });

    it("forgets a journal's life once the journal is empty", async () => {
      const entry = entryOf(session.id, lasting(9));
      await session.fallback.append(entry);
      await session.fallback.takeOver(session.id, [entry.change.id], undefined);
      await session.fallback.append(entryOf(session.id, lasting(0)));
      advance(DAY_MS + 1);
      expect((await found()).entries).toEqual([]);
    });

    it("counts as nothing once its life is over: no guard, no entry", async () => {
      await session.fallback.keep({ ...tombstone(session.id, 9), generation: 9 });
      advance(DAY_MS + 1);
      expect(await append()).toBe("appended");
      expect(await session.fallback.keep(recordOf(session.id))).toEqual({ kind: "kept", journalLength: 1 });
      advance(9 * DAY_MS);
      expect(await session.fallback.takeOver(session.id, [], recordOf(session.id))).toEqual({
        kind: "kept",
        journalLength: 0,
      });
    });
  });
}
