import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change, Ref } from "../../../src/session/change.ts";
import type { Committed, Lookup } from "../../../src/store/contracts.ts";
import { setTime } from "../../support/edge.ts";
import { type OneSession, oneSession } from "../../support/one-session.ts";
import { at, T0 } from "../../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const MODES = ["off", "async", "sync"] as const;
type Mode = (typeof MODES)[number];

/** A session whose basket holds tea, backed up if the mode says so. */
async function shopper(backup: Mode, strictBackup = false): Promise<OneSession> {
  const session = oneSession({ backup, strictBackup });
  await session.commit({ patches: [{ basket: "tea" }], touch: true });
  await session.settled();
  session.redis.commands.length = 0;
  return session;
}

const backup = async (session: OneSession) => (await session.held()).record;

/** Whether the answer or the slow backup comes first. */
async function orderOf(session: OneSession, ask: () => Promise<Lookup | Committed>): Promise<string[]> {
  const order: string[] = [];
  session.redis.meets(async () => {
    for (let turn = 0; turn < 100; turn++) await null;
    order.push("backup");
  }, "keep");
  await ask();
  order.push("answer");
  await session.settled();
  session.redis.meets(undefined, "keep");
  return order;
}

describe("with backup sync", () => {
  it("no version leaves before its backup: not in the answer to a change", async () => {
    const session = await shopper("sync");
    expect(await orderOf(session, () => session.commit({ patches: [{ a: 1 }] }))).toEqual(["backup", "answer"]);
    expect(await backup(session)).toMatchObject({ version: 2, attributes: { basket: "tea", a: 1 } });
  });

  it("nor in a read, when the backup had failed", async () => {
    const session = await shopper("sync");
    session.redis.next("keep", "down");
    await session.commit({ patches: [{ a: 1 }] });
    expect(await orderOf(session, () => session.read())).toEqual(["backup", "answer"]);
    expect(await backup(session)).toMatchObject({ version: 2 });
  });

  it("nor in a read, when the object was replaced after it had saved a change and before it backed it up", async () => {
    const session = await shopper("sync");
    session.redis.next("keep", "down");
    await session.commit({ patches: [{ a: 1 }] });
    session.replace();
    await session.read();
    expect(await backup(session)).toMatchObject({ version: 2 });
  });

  it("nor in the copy that the earlier generation is shown", async () => {
    const session = await shopper("sync");
    session.redis.next("keep", "down");
    await session.commit({ rotate: true });
    expect(await session.read({ generation: 0 })).toMatchObject({ kind: "superseded", before: { version: 1 } });
    expect(await backup(session)).toMatchObject({ version: 2, generation: 1 });
  });

  it("an answer leaves all the same when Redis cannot take it", async () => {
    const session = await shopper("sync");
    session.redis.meets("down");
    expect(await session.commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "committed", copy: { version: 2 } });
    expect(await session.read()).toMatchObject({ kind: "hit", copy: { version: 2 } });
  });

  it("a clean read and a touch cost Redis nothing", async () => {
    const session = await shopper("sync");
    await session.read();
    await session.commit({ touch: true });
    expect(session.redis.commands).toEqual([]);
  });

  it("strictly, nothing leaves that is not backed up, and the change is applied once when it is repeated", async () => {
    const session = await shopper("sync", true);
    session.redis.meets("down");
    const change = { id: "once", patches: [{ a: 1 }] };
    expect(await session.commit(change)).toMatchObject({ kind: "unavailable" });
    expect(await session.read()).toMatchObject({ kind: "unavailable" });
    session.redis.meets(undefined);
    expect(await session.commit(change)).toMatchObject({ kind: "committed", copy: { version: 2 } });
  });

  it("strictly, an end is not told either before its tombstone is backed up", async () => {
    const session = await shopper("sync", true);
    session.redis.meets("down");
    const change = { id: "end", end: true } as const;
    expect(await session.commit(change)).toMatchObject({ kind: "unavailable" });
    expect(await session.read()).toMatchObject({ kind: "unavailable" });
    expect(session.alarm()).toBe(at(60));
    session.redis.meets(undefined);
    expect(await session.commit(change)).toMatchObject({ kind: "committed", copy: { ended: {} } });
  });
});

describe("with backup async", () => {
  it("the answer does not wait", async () => {
    const session = await shopper("async");
    expect(await orderOf(session, () => session.commit({ patches: [{ a: 1 }] }))).toEqual(["answer", "backup"]);
    expect(await backup(session)).toMatchObject({ version: 2, attributes: { basket: "tea", a: 1 } });
  });

  it("one write is under way at a time, and the last write has the newest version", async () => {
    const session = await shopper("async");
    session.redis.next("keep", async () => {
      for (const a of [2, 3, 4]) await session.commit({ patches: [{ a }] });
    });
    await session.commit({ patches: [{ a: 1 }] });
    await session.settled();
    expect(session.redis.commands).toEqual(["keep", "keep"]);
    expect(await backup(session)).toMatchObject({ version: 5, attributes: { a: 4 } });
  });

  it("a failed write is repeated with the next answer, even if that is a read", async () => {
    const session = await shopper("async");
    session.redis.next("keep", "down");
    await session.commit({ patches: [{ a: 1 }] });
    await session.settled();
    expect(await backup(session)).toMatchObject({ version: 1 });
    await session.read();
    await session.settled();
    expect(await backup(session)).toMatchObject({ version: 2 });
  });
});

describe("with backup off", () => {
  it("Redis is sent nothing by reads and changes", async () => {
    const session = await shopper("off");
    await session.commit({ patches: [{ a: 1 }] });
    await session.commit({ principal: "alice" });
    await session.read({ generation: 1 });
    await session.settled();
    expect(session.redis.commands).toEqual([]);
  });

  it("a session that has a backup keeps it up to date: an older backup would be shown", async () => {
    const session = await shopper("sync");
    session.sessions.copies = { ...session.sessions.copies, backup: "off" };
    await session.commit({ patches: [{ a: 1 }] });
    await session.settled();
    expect(await backup(session)).toMatchObject({ version: 2 });
  });
});

describe.each(MODES)("an end, with backup %s", (mode) => {
  const ENDS: [string, number, Partial<Change>, Partial<Ref>][] = [
    ["that is asked for", 0, { end: true }, {}],
    ["by another principal", 0, { principal: "bob" }, { generation: 1 }],
    ["by its absolute deadline, found by a change", 86_400, { patches: [{}] }, { generation: 1 }],
    ["by idleness, found by a change", 3_960, { patches: [{}] }, { generation: 1 }],
  ];

  it.each(ENDS)("%s is backed up before it is told", async (_how, second, asked, given) => {
    const session = await shopper(mode);
    if (given.generation === 1) await session.commit({ principal: "alice" });
    await session.settled();
    setTime(at(second));
    expect(await orderOf(session, () => session.commit(asked, given))).toEqual(["backup", "answer"]);
    expect(await backup(session)).toMatchObject({ ended: expect.anything(), attributes: {} });
  });

  it("by a deadline that a read finds is backed up before it is told", async () => {
    const session = await shopper(mode);
    setTime(at(3_960));
    expect(await orderOf(session, () => session.read())).toEqual(["backup", "answer"]);
    expect(await backup(session)).toMatchObject({ ended: { reason: "idle" } });
  });

  it("by the alarm is backed up at once", async () => {
    const session = await shopper(mode);
    setTime(at(3_960));
    await session.ring();
    expect(await backup(session)).toMatchObject({ ended: { reason: "idle" } });
  });

  it("is told all the same when Redis cannot take it, and the alarm repeats the backup every minute until it can", async () => {
    const session = await shopper(mode);
    session.redis.meets("down");
    expect(await session.commit({ end: true })).toMatchObject({ kind: "committed", copy: { ended: {} } });
    expect(session.alarm()).toBe(at(60));
    setTime(at(60));
    await session.ring();
    expect(session.alarm()).toBe(at(120));
    session.redis.meets(undefined);
    // The alarm meets a new instance, which has not been told the policy.
    session.replace();
    setTime(at(120));
    await session.ring();
    expect(await backup(session)).toMatchObject({ ended: { reason: "ended" } });
    expect(session.alarm()).toBe(at(7_200 + 30));
  });

  it("is backed up when another client is told of it first", async () => {
    const session = await shopper(mode);
    session.redis.next("keep", "down");
    await session.commit({ end: true });
    session.replace();
    expect(await session.read()).toMatchObject({ kind: "ended" });
    expect(await backup(session)).toHaveProperty("ended");
  });

  it("that is backed up keeps the journal from taking more", async () => {
    const session = await shopper(mode);
    await session.commit({ end: true });
    await expect(session.journal({ patches: [{ late: 1 }] })).rejects.toThrow("the journal answered ended");
  });
});

describe("a backup", () => {
  it("has not the view before a rotation, which the authority alone serves", async () => {
    const session = await shopper("sync");
    await session.commit({ principal: "alice", patches: [{ secret: 1 }] });
    expect(await backup(session)).toMatchObject({ generation: 1, principal: "alice" });
    expect(await backup(session)).not.toHaveProperty("before");
    expect(session.record()).toHaveProperty("before");
  });

  it("is a look at the journal as well: a look that found it empty covers marks from then on", async () => {
    const session = await shopper("sync");
    setTime(at(20));
    session.redis.next("keep", async () => setTime(at(21)));
    await session.commit({ patches: [{ a: 1 }] });
    // The time is that at which the question left, because an entry may have come since.
    expect(session.outside()).toMatchObject({ journalSeenAt: at(20), journalEmptyAt: at(20), backedUpVersion: 2 });
    expect(await session.redis.during(() => session.read({ markedAt: at(6) }))).toEqual([]);
    expect(await session.redis.during(() => session.read({ markedAt: at(6.001) }))).toEqual(["read"]);
  });

  it("that finds entries in the journal covers no mark, and has them taken over although no client has asked", async () => {
    const session = await shopper("sync");
    await session.journal({ patches: [{ left: "behind" }] });
    session.redis.next("read", "down");
    setTime(at(10));
    await session.commit({ patches: [{ a: 1 }] });
    await session.settled();
    expect(session.outside().journalSeenAt).toBe(T0);
    await session.commit({ patches: [{ a: 2 }] });
    await session.settled();
    expect(session.record()?.attributes).toEqual({ basket: "tea", a: 2, left: "behind" });
    expect((await session.held()).entries).toEqual([]);
  });

  it("whose answer was lost is written again", async () => {
    const session = await shopper("sync");
    session.redis.next("keep", "answer-lost");
    await session.commit({ patches: [{ a: 1 }] });
    expect(await session.redis.during(() => session.read())).toEqual(["keep"]);
    expect(await session.redis.during(() => session.read())).toEqual([]);
  });
});
