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

/** Ten days of adoptions, of an old session that lives as long. */
const ADOPTION = { until: at(864_000), expiresAt: at(864_000), graceSeconds: 30 };

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
    /** As a request comes by the cookie of an old application: its key is derived anew, so it is born when it arrives. */
    const adopt = (asked: Parameters<typeof changeAt>[1], now = T0) =>
      authority.commit({ ...refTo(id, now), bornAt: now, byOldCookie: true }, changeAt(now, asked));
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

    it("founds a session by adoption once, and answers later adoptions with the session as it is", async () => {
      const asked = { patches: [{ basket: 5 }], principal: "alice", touch: true as const, adopts: ADOPTION };
      const [one, other] = await Promise.all([adopt(asked), adopt(asked)]);
      for (const answer of [one, other])
        expect(answer).toMatchObject({ copy: { generation: 0, version: 1, principal: "alice", somebodys: true } });
      expect(one).not.toHaveProperty("copy.loggedInAt");
      await commit({ patches: [{ basket: 1 }] });
      // The token has come back, and the old cookie opens the session for the grace period.
      setClock(at(9));
      const late = await adopt({ ...asked, patches: [{ basket: 5 }] }, at(9));
      expect(late).toMatchObject({ kind: "committed", copy: { version: 2, attributes: { basket: 1 } } });
    });

    it("opens an adopted session by the old cookie until the token has come back, and the grace period longer", async () => {
      const asked = { patches: [{}], touch: true as const, adopts: ADOPTION };
      await adopt(asked);
      setClock(at(600));
      expect(await adopt(asked, at(600))).toMatchObject({ kind: "committed", copy: { mayBeKept: false } });
      expect(await read(0, at(600))).toMatchObject({ kind: "hit", copy: { mayBeKept: true } });
      setClock(at(629));
      expect(await adopt(asked, at(629))).toMatchObject({ kind: "committed" });
      setClock(at(630));
      expect(await adopt(asked, at(630))).toEqual({ kind: "superseded" });
      expect(await read(0, at(630))).toMatchObject({ kind: "hit" });
    });

    it("closes an adopted session to the old cookie when the old session would have ended", async () => {
      const asked = { patches: [{}], touch: true as const, adopts: { ...ADOPTION, expiresAt: at(60) } };
      await adopt(asked);
      setClock(at(60));
      expect(await adopt(asked, at(60))).toEqual({ kind: "superseded" });
    });

    it("does not open by an old cookie what a rotation or no adoption has made", async () => {
      const asked = { patches: [{}], touch: true as const, adopts: ADOPTION };
      await commit({ patches: [{ a: 1 }] });
      expect(await adopt(asked)).toEqual({ kind: "superseded" });
      id = uniqueId();
      await adopt(asked);
      await commit({ rotate: true });
      expect(await adopt(asked)).toEqual({ kind: "superseded" });
    });

    it("keeps the tombstone of an adopted session until after adoptions end, however long that is", async () => {
      const asked = { patches: [{}], touch: true as const, adopts: ADOPTION };
      await adopt(asked);
      await commit({ end: true });
      setClock(ADOPTION.until);
      expect(await adopt(asked, ADOPTION.until)).toMatchObject({ kind: "ended" });
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
