import { beforeEach, describe, expect } from "vitest";
import type { Copy } from "../../src/session/copy.ts";
import { parsePatch } from "../../src/session/patch.ts";
import type { Authority, Committed, Lookup } from "../../src/store/contracts.ts";
import { casesOf, type Gap } from "../support/contract.ts";
import { changeAt, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

export interface AuthorityUnderTest {
  create(): Authority;
  /** The same, out of reach. */
  createUnreachable(): Authority;
  /** Sets the authority's own clock. */
  setClock(now: number): void;
  readonly gaps: readonly Gap[];
}

/**
 * The promises of every authority. Tests of `apply` and `find` check the rules in depth. This suite checks that an
 * authority follows them.
 */
export function testAuthority(name: string, { create, createUnreachable, setClock, gaps }: AuthorityUnderTest): void {
  const it = casesOf(gaps);

  describe(`${name}, as the authority`, () => {
    let authority: Authority;
    let id: string;
    const read = (generation = 0, now = T0) => authority.read(refTo(id, now, generation), now);
    const commit = (asked: Parameters<typeof changeAt>[1], generation = 0, now = T0) =>
      authority.commit(refTo(id, now, generation), changeAt(now, asked));
    beforeEach(() => {
      setClock(T0);
      authority = create();
      id = uniqueId();
    });

    it("misses a session that it was never asked to found, however often it is asked", async () => {
      expect(await read()).toEqual({ kind: "miss" });
      expect(await read()).toEqual({ kind: "miss" });
    });

    it("shows to a read the change that it has committed", async () => {
      const committed = await commit({ patches: [{ basket: { tea: 1 } }] });
      expect(committed).toMatchObject({
        kind: "committed",
        copy: { id, version: 1, attributes: { basket: { tea: 1 } } },
      });
      const { copy } = committed as { copy: Copy };
      // The write of the backup may also have looked at the journal.
      expect(await read()).toEqual({ kind: "hit", copy: { ...copy, journalSeenAt: expect.any(Number) } });
    });

    it("carries __proto__ and its friends as plain names, there and back", async () => {
      const text = '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"text"}';
      const committed = await commit({ patches: [parsePatch(text)] });
      const found = await read();
      for (const answer of [committed, found]) {
        expect("copy" in answer && JSON.stringify(answer.copy?.attributes)).toBe(text);
      }
    });

    it("keeps parallel changes of different attributes, all of them", async () => {
      const names = Array.from({ length: 50 }, (_, i) => `a${i}`);
      const committed = await Promise.all(names.map((name) => commit({ patches: [{ [name]: 1 }] })));
      const versions = committed.map((answer) => ("copy" in answer ? answer.copy?.version : answer.kind));
      expect(versions.sort((one, other) => Number(one) - Number(other))).toEqual(names.map((_, i) => i + 1));
      expect(await read()).toMatchObject({
        copy: { version: 50, attributes: Object.fromEntries(names.map((n) => [n, 1])) },
      });
    });

    it("applies a change once, though it arrives twice, and at once", async () => {
      const change = changeAt(T0, { patches: [{ a: 1 }] });
      const [one, other] = await Promise.all([1, 2].map(() => authority.commit(refTo(id), change)));
      expect(one).toMatchObject({ kind: "committed", copy: { version: 1 } });
      expect(other).toEqual(one);
    });

    it("vouches for a copy when it reads, by its own clock", async () => {
      setClock(at(7));
      expect(await commit({ patches: [{}] })).toMatchObject({
        copy: { vouchedAt: at(7), touchedAt: at(7), bornAt: T0 },
      });
      setClock(at(9));
      expect(await read()).toMatchObject({ copy: { vouchedAt: at(9), touchedAt: at(7) } });
    });

    it("judges idleness by when the request arrived, and a change's life by its own clock", async () => {
      await commit({ patches: [{}], touch: true });
      setClock(at(3_970));
      expect(await read(0, at(3_959))).toMatchObject({ kind: "hit" });
      expect(await read(0, at(3_960))).toMatchObject({ kind: "ended", tombstone: { ended: { reason: "idle" } } });
      expect(await commit({ patches: [{}] }, 0, at(3_959))).toEqual({ kind: "refused", reason: "expired" });
    });

    it("refuses attributes that are too large", async () => {
      expect(await commit({ patches: [{ a: "x".repeat(2_000) }] })).toEqual({ kind: "refused", reason: "too-large" });
      expect(await read()).toEqual({ kind: "miss" });
    });

    it("answers a conflict with the session as it is", async () => {
      await commit({ patches: [{ a: 1 }] });
      expect(await commit({ patches: [{ a: 2 }], ifVersion: 4 })).toMatchObject({
        kind: "conflict",
        current: { version: 1, attributes: { a: 1 }, vouchedAt: T0 },
      });
    });

    it("supersedes a generation: first with a copy of the attributes that it may see, then without", async () => {
      await commit({ patches: [{ a: 1 }] });
      await commit({ principal: "alice" });
      const before = await read();
      expect(before).toMatchObject({ kind: "superseded", before: { generation: 0, attributes: { a: 1 } } });
      expect(before).not.toHaveProperty("before.principal");
      expect(await read(1)).toMatchObject({ kind: "hit", copy: { principal: "alice" } });
      expect(await commit({ end: true })).toEqual({ kind: "superseded" });
      expect(await read()).toHaveProperty("before");
      setClock(at(30));
      const after = await read();
      expect(after).toMatchObject({ kind: "superseded", current: { generation: 1, mayBeKept: true } });
      expect(after).not.toHaveProperty("before");
    });

    it("ends the copy that a generation is still shown, and no newer generation that has not been used yet", async () => {
      await commit({ patches: [{ a: 1 }] });
      await commit({ principal: "alice" });
      expect(await commit({ end: true })).toEqual({ kind: "ended" });
      expect(await read()).not.toHaveProperty("before");
      expect(await read(1)).toMatchObject({ kind: "hit", copy: { principal: "alice", attributes: { a: 1 } } });
    });

    it("heals a session that is older than its visitor has seen, and says so once", async () => {
      await commit({ patches: [{ a: 1 }] });
      const seen = { ...refTo(id), seenVersion: 5 };
      expect(await authority.read(seen, T0)).toMatchObject({
        kind: "hit",
        setBack: true,
        copy: { version: 6, attributes: { a: 1 } },
      });
      const again = await authority.read({ ...seen, seenVersion: 6 }, T0);
      expect(again).toMatchObject({ kind: "hit", copy: { version: 6 } });
      expect(again).not.toHaveProperty("setBack");
    });

    it("heals such a session with a change as well, which gets a version that nobody has seen", async () => {
      await commit({ patches: [{ a: 1 }] });
      const seen = { ...refTo(id), seenVersion: 5 };
      const changed = await authority.commit(seen, changeAt(T0, { patches: [{ b: 1 }] }));
      expect(changed).toMatchObject({
        kind: "committed",
        setBack: true,
        copy: { version: 7, attributes: { a: 1, b: 1 } },
      });
      const touched = await authority.commit(seen, changeAt(T0, { touch: true }));
      expect(touched).toMatchObject({ kind: "committed", copy: { version: 7 } });
      expect(touched).not.toHaveProperty("setBack");
    });

    it("judges no older generation by the version in its token, and knows that a newer generation was lost", async () => {
      await commit({ patches: [{ a: 1 }] });
      await commit({ principal: "alice" });
      const older = await authority.read({ ...refTo(id), seenVersion: 9 }, T0);
      expect(older).toMatchObject({ kind: "superseded", before: { version: 1 } });
      expect(older).not.toHaveProperty("setBack");
      expect(await read(1)).toMatchObject({ kind: "hit", copy: { version: 2 } });
      expect(await read(2)).toMatchObject({ kind: "superseded", setBack: true });
      expect(await commit({ patches: [{ b: 1 }] }, 2)).toEqual({ kind: "superseded", setBack: true });
    });

    it("says that it has no record of a session that its token cannot found", async () => {
      const ref = { ...refTo(id), bornAt: 0, seenVersion: 1 };
      expect(await authority.commit(ref, changeAt(T0, { patches: [{ a: 1 }] }))).toEqual({
        kind: "ended",
        missing: true,
      });
    });

    it("tells of a copy whether stores may keep it: once its generation has been used, and only while it is the newest", async () => {
      const mayKeep = (answer: Lookup | Committed) => {
        const { copy, before } = answer as { copy?: Copy; before?: Copy };
        return (copy ?? before)?.mayBeKept;
      };
      expect(mayKeep(await commit({ patches: [{ a: 1 }] }))).toBe(true);
      expect(mayKeep(await commit({ principal: "alice" }))).toBe(false);
      expect(mayKeep(await read(0))).toBe(false);
      expect(mayKeep(await commit({ touch: true }, 0))).toBe(false);
      expect(mayKeep(await read(1))).toBe(true);
      expect(mayKeep(await read(0))).toBe(false);
      expect(mayKeep(await commit({ touch: true }, 0))).toBe(false);
      expect(mayKeep(await commit({ patches: [{ d: 1 }] }, 1))).toBe(true);
    });

    it("ends a session for good", async () => {
      await commit({ patches: [{ a: 1 }] });
      expect(await commit({ end: true })).toMatchObject({
        kind: "committed",
        copy: { ended: { reason: "ended" }, attributes: {} },
      });
      expect(await read()).toMatchObject({ kind: "ended", tombstone: { ended: { reason: "ended" }, attributes: {} } });
      expect(await commit({ patches: [{ a: 2 }] })).toMatchObject({
        kind: "ended",
        tombstone: { ended: { reason: "ended" } },
      });
    });

    it("ends a session that changes hands", async () => {
      await commit({ principal: "alice" });
      expect(await commit({ principal: "bob" }, 1)).toMatchObject({ kind: "ended" });
      expect(await read(1)).toMatchObject({ kind: "ended", tombstone: { ended: { reason: "principal-changed" } } });
    });

    it("is unavailable when it is out of reach, which is neither a miss nor an end", async () => {
      const unreachable = createUnreachable();
      expect(await unreachable.read(refTo(id), T0)).toMatchObject({ kind: "unavailable" });
      expect(await unreachable.commit(refTo(id), changeAt(T0, { patches: [{}] }))).toMatchObject({
        kind: "unavailable",
      });
    });
  });
}
