import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTime } from "../../support/edge.ts";
import { type OneSession, oneSession } from "../../support/one-session.ts";
import { at, T0 } from "../../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

/** A session whose basket holds tea, backed up unless the mode says otherwise. */
async function shopper(backup: "off" | "async" | "sync" = "sync"): Promise<OneSession> {
  const session = oneSession({ backup });
  await session.commit({ patches: [{ basket: "tea" }], touch: true });
  await session.settled();
  session.redis.commands.length = 0;
  return session;
}

const takeOver = (session: OneSession) => session.sessions.takeOver(session.id);
const marked = (session: OneSession) => session.read({ markedAt: Date.now() });
const attributes = (session: OneSession) => session.record()?.attributes;
/** Lets everything happen that only waits for its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await null;
}

describe("a take-over", () => {
  it("applies the journal's changes in their order, and leaves the journal empty and the backup whole", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ basket: "rum" }, { a: 1 }] });
    await session.journal({ patches: [{ basket: "mug" }] });
    expect(await takeOver(session)).toEqual({ kind: "taken-over", seenAt: T0 });
    expect(session.record()).toMatchObject({ version: 3, attributes: { basket: "mug", a: 1 } });
    expect(await session.held()).toMatchObject({ entries: [], record: { version: 3, attributes: { basket: "mug" } } });
  });

  it("removes and backs up in one command: Redis never shows the journal gone and the backup without it", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: 1 }] });
    expect(await session.redis.during(() => takeOver(session))).toEqual(["read", "takeOver"]);
  });

  it("removes exactly the changes that it has taken: changes that are appended in the meantime stay, and are taken next", async () => {
    const session = await shopper();
    setTime(at(1));
    await session.journal({ patches: [{ a: 1 }] });
    const append = (b: number) => () => session.journal({ patches: [{ b }] });
    session.redis.next("read", append(1));
    await takeOver(session);
    expect(attributes(session)).toEqual({ basket: "tea", a: 1 });
    expect((await session.held()).entries).toMatchObject([{ change: { patches: [{ b: 1 }] } }]);
    expect(session.outside().journalEmptyAt).toBe(T0);
    session.redis.next("takeOver", append(2));
    await takeOver(session);
    await takeOver(session);
    expect(attributes(session)).toEqual({ basket: "tea", a: 1, b: 2 });
  });

  it("of an empty journal is a single command, and writes no backup", async () => {
    const session = await shopper();
    expect(await session.redis.during(() => takeOver(session))).toEqual(["read"]);
  });

  it("founds a session that exists nowhere else, and sets its alarm", async () => {
    const session = oneSession();
    await session.journal({ patches: [{ a: 1 }] });
    await takeOver(session);
    expect(session.record()).toMatchObject({ version: 1, attributes: { a: 1 } });
    expect(session.alarm()).toBe(at(600));
    expect(await session.held()).toMatchObject({ entries: [], record: { version: 1 } });
  });

  it("founds no session past its absolute deadline, and clears the journal", async () => {
    const session = oneSession();
    await session.journal({ patches: [{ a: 1 }] });
    setTime(at(86_400));
    await takeOver(session);
    expect(session.sessions.keys(session.id)).toEqual([]);
    expect(await session.held()).toEqual({ kind: "found", entries: [] });
  });

  it("is unavailable when the journal cannot be read", async () => {
    const session = await shopper();
    session.redis.meets("down");
    expect(await takeOver(session)).toMatchObject({ kind: "unavailable" });
  });
});

describe.each(["off", "async", "sync"] as const)("a change is applied once, with backup %s,", (backup) => {
  it("though the journal cannot be cleared of it", async () => {
    const session = await shopper(backup);
    await session.journal({ patches: [{ basket: "rum" }] });
    session.redis.next("takeOver", "down");
    expect(await takeOver(session)).toMatchObject({ kind: "taken-over" });
    await session.commit({ patches: [{ basket: "mug" }] });
    setTime(at(3_000));
    await takeOver(session);
    expect(session.record()).toMatchObject({ version: 3, attributes: { basket: "mug" } });
    expect((await session.held()).entries).toEqual([]);
  });

  it("though the answer to its removal was lost", async () => {
    const session = await shopper(backup);
    await session.journal({ patches: [{ basket: "rum" }] });
    session.redis.next("takeOver", "answer-lost");
    await takeOver(session);
    expect(await session.redis.during(() => takeOver(session))).toEqual(["read"]);
    expect(session.record()).toMatchObject({ version: 2 });
  });

  it("though both the authority and the journal were given it", async () => {
    const session = await shopper(backup);
    const entry = await session.journal({ patches: [{ basket: "rum" }] });
    await session.sessions.commit(entry.ref, entry.change);
    await session.commit({ patches: [{ basket: "mug" }] });
    await session.settled();
    await takeOver(session);
    expect(session.record()).toMatchObject({ version: 3, attributes: { basket: "mug" } });
    expect((await session.held()).entries).toEqual([]);
  });

  it("and is part of the backup from then on: the next outage shows it", async () => {
    const session = oneSession({ backup });
    await session.journal({ patches: [{ basket: "rum" }] });
    await takeOver(session);
    expect(await session.held()).toMatchObject({ record: { attributes: { basket: "rum" } }, entries: [] });
  });
});

describe("looks", () => {
  it("are made one at a time", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: 1 }] });
    let second: Promise<unknown> | undefined;
    session.redis.next("read", async () => {
      second = marked(session);
      await turns();
      expect(session.redis.commands).toEqual(["read"]);
    });
    await marked(session);
    await second;
    expect(session.redis.commands).toEqual(["read", "takeOver", "read"]);
    expect(session.record()).toMatchObject({ version: 2 });
  });

  it("are not repeated for requests that an earlier look has served", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: 1 }] });
    setTime(at(20));
    const reads = [1, 2, 3].map(() => session.read({ markedAt: at(5) }));
    for (const found of await Promise.all(reads)) expect(found).toMatchObject({ copy: { attributes: { a: 1 } } });
    expect(session.redis.commands).toEqual(["read", "takeOver"]);
  });

  it("do not fail because an earlier look has failed", async () => {
    const session = await shopper();
    session.redis.next("read", async () => {
      throw new Error("a fault");
    });
    const [one, other] = await Promise.all([marked(session), marked(session)]);
    expect([one.kind, other.kind]).toEqual(["unavailable", "hit"]);
  });

  it("count from when the question left: changes that were appended on its way back may have been missed", async () => {
    const session = await shopper();
    setTime(at(10));
    session.redis.next("read", async () => setTime(at(20)));
    expect(await takeOver(session)).toEqual({ kind: "taken-over", seenAt: at(10) });
    expect(session.outside()).toMatchObject({ journalSeenAt: at(10), journalEmptyAt: at(10) });
  });

  it("that found entries cover marks, and tell only once the journal is cleared that it is empty", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: 1 }] });
    setTime(at(10));
    session.redis.next("takeOver", "down");
    await takeOver(session);
    expect(session.outside()).toMatchObject({ journalSeenAt: at(10), journalEmptyAt: T0 });
    setTime(at(11));
    await takeOver(session);
    expect(session.outside()).toMatchObject({ journalSeenAt: at(11), journalEmptyAt: at(11), backedUpVersion: 2 });
  });
});

describe("ended beats the journal", () => {
  it("the journal's changes of a session that has ended are dropped, and the tombstone is backed up with that", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ late: 1 }], touch: true });
    session.redis.meets("down", "keep");
    await session.commit({ end: true });
    await takeOver(session);
    expect(session.record()).toMatchObject({ ended: { reason: "ended" }, attributes: {} });
    expect(await session.held()).toMatchObject({ record: { ended: {}, attributes: {} }, entries: [] });
  });

  it("an end that it holds ends the session", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ a: 1 }] });
    setTime(at(1));
    await session.journal({ end: true });
    expect(await session.read({ markedAt: at(1) })).toMatchObject({
      kind: "ended",
      tombstone: { ended: { at: at(1) } },
    });
    expect(await session.held()).toMatchObject({ record: { ended: {} }, entries: [] });
  });

  it("a change that comes after such an end, and looks first, is not applied", async () => {
    const session = await shopper();
    await session.journal({ end: true });
    expect(await session.commit({ patches: [{ a: 1 }] }, { markedAt: T0 })).toMatchObject({ kind: "ended" });
  });
});

describe("of a token that was planted before a login", () => {
  /** Alice logged in at 10 seconds, and has used her session since; her backup lags, so the journal does not know. */
  async function loggedIn(): Promise<OneSession> {
    const session = await shopper("async");
    session.redis.meets("down", "keep");
    setTime(at(10));
    await session.commit({ principal: "alice", patches: [{ address: "hers" }] });
    await session.read({ generation: 1 });
    setTime(at(41));
    return session;
  }

  it("a patch and an end that the journal took are neither merged nor do they end the session", async () => {
    const session = await loggedIn();
    await session.journal({ patches: [{ basket: "spoilt" }] }, { generation: 0 });
    await session.journal({ end: true }, { generation: 0 });
    expect(await session.read({ generation: 1, markedAt: at(41) })).toMatchObject({
      kind: "hit",
      copy: { version: 2, principal: "alice", attributes: { basket: "tea", address: "hers" } },
    });
    expect((await session.held()).entries).toEqual([]);
  });

  it("a change that arrived before the login is merged, although the journal is looked at long after", async () => {
    const session = await loggedIn();
    await session.journal({ patches: [{ coupon: 1 }] }, { arrivedAt: at(10) });
    await takeOver(session);
    expect(session.record()).toMatchObject({ principal: "alice", attributes: { address: "hers", coupon: 1 } });
  });

  it("nothing is taken by the journal once the login is backed up", async () => {
    const session = await loggedIn();
    session.redis.meets(undefined, "keep");
    await session.read({ generation: 1 });
    await session.settled();
    await expect(session.journal({ patches: [{}] })).rejects.toThrow("the journal answered undecided");
    await expect(session.journal({ end: true })).rejects.toThrow("the journal answered undecided");
  });
});
