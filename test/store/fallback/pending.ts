import { describe, expect } from "vitest";
import { pendingSetOf } from "../../../src/store/redis/limits.ts";
import { newId } from "../redis/records.ts";
import type { Part } from "./part.ts";

/** The index of sessions that may have a journal. */
export function testPending({ it, session, append, entryOf, now }: Part): void {
  describe("pending sessions", () => {
    const set = () => pendingSetOf(session.id);
    const neighbour = () => `${session.id.slice(0, 4)}${newId().slice(4)}`;
    const appendFor = (one: string, expiresAt: number) => session.fallback.append(entryOf(one, { expiresAt }));
    async function noted(offset = 0, limit = 100): Promise<readonly string[]> {
      const pending = await session.fallback.pending(set(), offset, limit);
      if (pending.kind !== "ids") throw pending.cause;
      return pending.ids;
    }
    const clocksApartMs = 1_000;

    it("are none at first", async () => {
      expect(await session.fallback.pending(63, 0, 10)).toEqual({ kind: "ids", ids: [] });
    });

    it("are noted in one set, once, although the journal refuses the change", async () => {
      expect(await append({ expiresAt: now() - 1 })).toBe("expired");
      await append();
      expect(await noted()).toEqual([session.id]);
      expect(await session.fallback.pending((set() + 1) % 64, 0, 10)).toEqual({ kind: "ids", ids: [] });
    });

    it("come oldest first, from the requested session on, and at most the requested number", async () => {
      const [d, c, a, b] = Array.from({ length: 4 }, neighbour).sort() as [string, string, string, string];
      const last = now() + 9_000;
      await appendFor(d, last);
      await appendFor(b, last - 2);
      await appendFor(a, last - 2);
      await appendFor(c, last - 1);
      expect(await noted(0, 10)).toEqual([a, b, c, d]);
      expect(await noted(0, 3)).toEqual([a, b, c]);
      expect(await noted(1, 2)).toEqual([b, c]);
      expect(await noted(3, 2)).toEqual([d]);
      expect(await noted(4, 2)).toEqual([]);
    });

    it("are forgotten once no change that was noted can still arrive", async () => {
      const entry = entryOf(session.id);
      await session.fallback.append(entry);
      const { expiresAt } = entry.change;
      expect(await session.fallback.settled(session.id, expiresAt + clocksApartMs - 1)).toEqual({ kind: "kept" });
      expect(await noted()).toEqual([session.id]);
      expect(await session.fallback.settled(session.id, expiresAt + clocksApartMs)).toEqual({ kind: "forgotten" });
      expect(await noted()).toEqual([]);
    });

    it("are noted for the change that can arrive last", async () => {
      const begin = now();
      await appendFor(session.id, begin + 9_000);
      await appendFor(session.id, begin + 5_000);
      expect(await session.fallback.settled(session.id, begin + 7_000)).toEqual({ kind: "kept" });
      await appendFor(session.id, begin + 20_000);
      expect(await session.fallback.settled(session.id, begin + 12_000)).toEqual({ kind: "kept" });
    });

    it("that were never noted are forgotten", async () => {
      expect(await session.fallback.settled(session.id, now())).toEqual({ kind: "forgotten" });
    });

    describe("and the sets that may hold a session", () => {
      const sets = async () => {
        const answer = await session.fallback.pendingSets();
        if (answer.kind !== "sets") throw answer.cause;
        return answer.sets.toSorted((one, other) => one - other);
      };

      it("are none at first", async () =>
        expect(await session.fallback.pendingSets()).toEqual({ kind: "sets", sets: [] }));

      it("are each named once, although the journal refused the noted change", async () => {
        const ids = Array.from({ length: 20 }, newId);
        for (const one of [...ids, ...ids]) await appendFor(one, now() - 1);
        const holding = new Set(ids.map(pendingSetOf));
        expect(await sets()).toEqual([...holding].sort((one, other) => one - other));
      });

      it("are forgotten, but not while an append that needed no note of its own can arrive", async () => {
        const begin = now();
        for (const expiresAt of [1_000, 5_000, 12_000, 13_000, 9_000]) await appendFor(neighbour(), begin + expiresAt);
        const before = begin + 13_000 + clocksApartMs - 1;
        expect(await session.fallback.settledSet(set(), before)).toEqual({ kind: "kept" });
        expect(await sets()).toEqual([set()]);
        expect(await session.fallback.settledSet(set(), before + 60_000)).toEqual({ kind: "forgotten" });
        expect(await sets()).toEqual([]);
      });

      it("are noted again for a change that can arrive after they may have been forgotten", async () => {
        const begin = now();
        await appendFor(session.id, begin);
        expect(await session.fallback.settledSet(set(), begin + 30_000)).toEqual({ kind: "forgotten" });
        await appendFor(session.id, begin + 60_000);
        expect(await sets()).toEqual([set()]);
      });

      it("that were never noted are forgotten", async () => {
        expect(await session.fallback.settledSet(set(), now())).toEqual({ kind: "forgotten" });
      });
    });
  });
}
