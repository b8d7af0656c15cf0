import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { testAuthority } from "../../store/authority.suite.ts";
import { createAuthorities } from "../../support/authorities.ts";
import { setTime } from "../../support/edge.ts";
import { watchedFallback } from "../../support/fallback.ts";
import { type OneSession, oneSession } from "../../support/one-session.ts";
import { changeAt, POLICY, refTo } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const OUT_OF_REACH = {
  reason: "code that is called directly is always in reach",
  cases: ["is unavailable when it is out of reach, which is neither a miss nor an end"],
};
for (const backup of ["off", "async", "sync"] as const) {
  testAuthority(`a session's authority on a storage in memory, backup ${backup}`, {
    create: () => createAuthorities({ fallback: watchedFallback(), copies: { backup } }),
    createUnreachable: createAuthorities,
    setClock: setTime,
    gaps: [OUT_OF_REACH],
  });
}
testAuthority("a session's authority without Redis", {
  create: () => createAuthorities(),
  createUnreachable: createAuthorities,
  setClock: setTime,
  gaps: [OUT_OF_REACH],
});

/** A session whose basket holds tea, and whose token has come back. */
async function shopper(copies?: Parameters<typeof oneSession>[0]): Promise<OneSession> {
  const session = oneSession(copies);
  await session.commit({ patches: [{ basket: "tea" }], touch: true });
  await session.settled();
  return session;
}

describe("a request with a mark", () => {
  it("is shown the journal's changes, when it is newer than the last look", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ coupon: 1 }] });
    expect(await session.read()).toMatchObject({ copy: { version: 1, attributes: { basket: "tea" } } });
    expect(await session.read({ markedAt: T0 })).toMatchObject({
      copy: { version: 2, attributes: { basket: "tea", coupon: 1 }, journalSeenAt: T0 },
    });
  });

  it("changes the session after the journal's changes", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ basket: "rum" }] });
    await session.commit({ patches: [{ basket: "mug" }] }, { markedAt: T0 });
    expect(session.record()).toMatchObject({ version: 3, attributes: { basket: "mug" } });
  });

  it("has the journal looked at until nothing of before its mark can arrive there any more", async () => {
    const session = await shopper();
    const commandsAt = async (second: number, markedAt = T0) => {
      setTime(at(second));
      return session.redis.during(() => session.read({ markedAt }));
    };
    expect(await commandsAt(0)).toEqual(["read"]);
    // A response takes up to 5 s, a change is accepted for 8 s, and clocks are up to a second apart.
    expect(await commandsAt(13.999)).toEqual(["read"]);
    expect(await commandsAt(14)).toEqual(["read"]);
    expect(await commandsAt(15)).toEqual([]);
    expect(await commandsAt(15, at(0.001))).toEqual(["read"]);
  });

  it("is refused, neither answered nor applied, when the journal cannot be read", async () => {
    const session = await shopper();
    const marked = { markedAt: T0 };
    session.redis.meets("down");
    expect(await session.read(marked)).toMatchObject({ kind: "unavailable" });
    expect(await session.commit({ patches: [{ a: 1 }] }, marked)).toMatchObject({ kind: "unavailable" });
    expect(await session.commit({ end: true }, marked)).toMatchObject({ kind: "unavailable" });
    expect(session.record()).toMatchObject({ version: 1, attributes: { basket: "tea" } });
    expect(await session.read()).toMatchObject({ kind: "hit" });
  });

  it("is refused as well when the journal's answer was lost: it does not count as seen", async () => {
    const session = await shopper();
    setTime(at(10));
    session.redis.next("read", "answer-lost");
    expect(await session.read({ markedAt: T0 })).toMatchObject({ kind: "unavailable" });
    expect(session.outside().journalSeenAt).toBe(T0);
  });

  it("of a session that exists nowhere begins no storage by the look", async () => {
    const session = oneSession();
    expect(await session.read({ markedAt: T0 })).toEqual({ kind: "miss" });
    expect(session.sessions.keys(session.id)).toEqual([]);
  });

  it("finds a session that was founded in the journal", async () => {
    const session = oneSession();
    await session.journal({ patches: [{ basket: "tea" }] });
    expect(await session.read({ markedAt: T0 })).toMatchObject({ copy: { version: 1, attributes: { basket: "tea" } } });
    expect(session.alarm()).toBe(at(600));
  });
});

describe("an authority without Redis", () => {
  it("answers marked requests: there is no journal", async () => {
    const sessions = createAuthorities();
    await sessions.commit(refTo("s"), changeAt(T0, { patches: [{}] }));
    expect(await sessions.read({ ...refTo("s"), markedAt: T0 }, T0)).toMatchObject({ kind: "hit" });
  });

  it("takes nothing over", async () => {
    expect(await createAuthorities().takeOver("s")).toMatchObject({ kind: "unavailable" });
  });
});

describe("the ids of changes", () => {
  const ids = (session: OneSession) => session.record()?.recentChanges.map(({ id }) => id);
  const change = (id: string) => ({ id, patches: [{ [id]: 1 }] });

  it("are kept until the change has expired and the journal has been seen empty since", async () => {
    const session = await shopper();
    await session.commit(change("one"));
    session.redis.meets("down");
    setTime(at(1_000));
    await session.commit(change("two"));
    await session.settled();
    expect(ids(session)).toContain("one");
    session.redis.meets(undefined);
    await session.read();
    await session.settled();
    setTime(at(1_001));
    await session.commit(change("three"));
    // The second change has not expired yet, by the clock of its edge.
    expect(ids(session)).toEqual(["two", "three"]);
  });

  it("are kept for another second, since clocks differ", async () => {
    const session = await shopper({ backup: "sync" });
    await session.commit(change("one"));
    setTime(at(8.999));
    await session.commit(change("look"));
    await session.commit(change("two"));
    expect(ids(session)).toContain("one");
    setTime(at(9));
    await session.commit(change("look again"));
    await session.commit(change("three"));
    expect(ids(session)).not.toContain("one");
  });

  it("are kept until a journal that holds such an id has been seen empty", async () => {
    const session = await shopper({ backup: "off" });
    const taken = await session.journal(change("one"));
    session.redis.meets("down", "takeOver");
    await session.read({ markedAt: T0 });
    setTime(at(60_000));
    await session.commit({ patches: [{ one: 2 }] }, { arrivedAt: at(60) });
    await session.sessions.takeOver(session.id);
    expect(ids(session)).toContain(taken.change.id);
    expect(session.record()?.attributes.one).toBe(2);
  });

  it("are kept a minute, and ten seconds, longer than the journal held anything: Redis may come back with it", async () => {
    const session = await shopper({ backup: "sync" });
    await session.commit(change("one"));
    await session.journal(change("journaled"));
    setTime(at(20));
    await session.sessions.takeOver(session.id);
    const idsAfterChangeAt = async (second: number) => {
      setTime(at(second));
      await session.commit({ touch: true, patches: [{}] });
      await session.commit({ patches: [{}] });
      return ids(session);
    };
    expect(await idsAfterChangeAt(20 + 69.999)).toContain("one");
    expect(await idsAfterChangeAt(20 + 70)).not.toContain("one");
  });

  it("that grow many have the journal looked at five seconds after they have expired, so that they can go", async () => {
    const session = await shopper({ backup: "off" });
    for (let i = 0; i < 64; i++) await session.commit(change(`a${i}`));
    setTime(at(12.999));
    await session.commit(change("later"));
    await session.settled();
    expect(session.redis.commands).toEqual([]);
    setTime(at(13));
    await session.commit(change("much later"));
    await session.settled();
    expect(session.redis.commands).toEqual(["read"]);
    await session.commit(change("after that"));
    expect(ids(session)).toEqual(["later", "much later", "after that"]);
  });

  it("without Redis are kept until the change has expired", async () => {
    const sessions = createAuthorities();
    const commit = (id: string) => sessions.commit(refTo("s", Date.now()), changeAt(Date.now(), change(id)));
    await commit("one");
    setTime(at(7.999));
    await commit("two");
    setTime(at(8));
    await commit("three");
    expect(sessions.record("s")?.recentChanges.map(({ id }) => id)).toEqual(["two", "three"]);
  });
});

describe("the session that it stores", () => {
  it("is read for every answer: an object that was replaced does not answer", async () => {
    const session = await shopper();
    session.redis.next("read", async () => session.replace());
    expect(await session.read({ markedAt: T0 })).toMatchObject({
      kind: "unavailable",
      cause: { message: "the object was replaced" },
    });
    expect(await session.read({ markedAt: T0 })).toMatchObject({ kind: "hit" });
  });

  it("is left alone when newer code has written it, also by the journal's changes", async () => {
    const session = await shopper();
    const newer = { ...session.record(), schema: 2 };
    await session.journal({ patches: [{ a: 1 }] });
    session.sessions.storage(session.id).kv.put("record", newer);
    session.replace();
    expect(await session.read({ markedAt: T0 })).toMatchObject({ kind: "unavailable" });
    expect(await session.sessions.takeOver(session.id)).toMatchObject({ kind: "unavailable" });
    expect((await session.held()).entries).toHaveLength(1);
    expect(session.sessions.storage(session.id).kv.get("record")).toEqual(newer);
  });

  it("gives a session its own limits: journaled changes are not measured again", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: "x".repeat(POLICY.maxAttributeBytes) }] });
    expect(await session.read({ markedAt: T0 })).toMatchObject({ kind: "hit", copy: { version: 2 } });
  });
});
