import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTime } from "../support/edge.ts";
import { type OneSession, oneSession } from "../support/one-session.ts";
import { changeAt } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

/** A session whose basket holds tea, and whose token has come back. */
async function shopper(copies?: Parameters<typeof oneSession>[0]): Promise<OneSession> {
  const session = oneSession(copies);
  await session.commit({ patches: [{ basket: "tea" }], touch: true });
  await session.settled();
  return session;
}

describe("before idleness ends a session", () => {
  const IDLE = at(3_960);

  it("the journal is looked at: a touch in it keeps the session", async () => {
    const session = await shopper();
    setTime(at(3_000));
    await session.journal({ touch: true });
    setTime(IDLE);
    expect(await session.read()).toMatchObject({ kind: "hit", copy: { touchedAt: at(3_000) } });
    setTime(at(3_961));
    expect(await session.commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "committed" });
  });

  it.each<[string, (session: OneSession) => Promise<unknown>]>([
    ["a read", (session) => session.read()],
    ["a change", (session) => session.commit({ patches: [{ a: 1 }] })],
  ])("%s is refused when the journal cannot be read, and the session stands", async (_what, ask) => {
    const session = await shopper();
    setTime(IDLE);
    session.redis.meets("down");
    expect(await ask(session)).toMatchObject({ kind: "unavailable" });
    expect(session.record()).not.toHaveProperty("ended");
  });

  it("by the alarm it is looked at as well", async () => {
    const session = await shopper();
    setTime(at(3_000));
    await session.journal({ touch: true });
    setTime(IDLE);
    await session.ring();
    expect(session.record()).toMatchObject({ touchedAt: at(3_000) });
    expect(session.alarm()).toBe(at(3_000 + 3_960));
  });

  it("the alarm waits a minute when it cannot look", async () => {
    const session = await shopper();
    setTime(IDLE);
    session.redis.meets("down");
    await session.ring();
    expect(session.record()).not.toHaveProperty("ended");
    expect(session.alarm()).toBe(at(3_960 + 60));
    session.redis.meets(undefined);
    await session.ring();
    expect(session.record()).toMatchObject({ ended: { reason: "idle" } });
  });

  it("an alarm that rings early by the object's clock is set for a second later, not for an instant that may be the same", async () => {
    const session = await shopper();
    setTime(IDLE - 400);
    await session.ring();
    expect(session.record()).not.toHaveProperty("ended");
    expect(session.alarm()).toBe(IDLE - 400 + 1_000);
    setTime(IDLE + 600);
    await session.ring();
    expect(session.record()).toMatchObject({ ended: { reason: "idle" } });
  });

  it("nothing is looked at for a session that has ended by its absolute deadline, which no touch moves", async () => {
    const session = await shopper();
    setTime(at(86_400));
    expect(await session.redis.during(() => session.read())).not.toContain("read");
  });

  it("a client that has been told of the end is told so for good: later changes in the journal do not bring the session back", async () => {
    const session = await shopper();
    setTime(IDLE);
    expect(await session.read()).toMatchObject({ kind: "ended" });
    setTime(at(3_961));
    await session.redis.real.append({
      ref: session.ref(),
      change: changeAt(at(3_961), { patches: [{ late: 1 }], touch: true }),
    });
    await session.ring();
    expect(await session.read()).toMatchObject({ kind: "ended" });
  });
});

describe("before the alarm frees the storage of a session that has ended", () => {
  const CLEARED = at(7_200 + 30);

  it("the journal is looked at, though the last entry came late", async () => {
    const session = await shopper({ backup: "off" });
    await session.commit({ end: true });
    setTime(at(7_200));
    await session.ring();
    expect(session.alarm()).toBe(CLEARED);
    setTime(CLEARED);
    expect(await session.redis.during(() => session.ring())).toEqual(["read"]);
    expect(session.sessions.keys(session.id)).toEqual([]);
  });

  it.each([
    ["the journal cannot be read", "read"],
    ["its tombstone is not backed up", "keep"],
  ] as const)("it stays while %s", async (_why, command) => {
    const session = await shopper();
    session.redis.meets("down", command);
    await session.commit({ end: true });
    setTime(CLEARED);
    await session.ring();
    expect(session.record()).toHaveProperty("ended");
    expect(session.alarm()).toBe(at(7_200 + 30 + 60));
    session.redis.meets(undefined, command);
    await session.ring();
    expect(session.sessions.keys(session.id)).toEqual([]);
  });

  it("the record stays while the journal holds a change that could found the session again, and a minute longer", async () => {
    const session = await shopper();
    await session.journal({ patches: [{ late: 1 }] });
    session.redis.meets("down", "takeOver");
    await session.commit({ end: true });
    await session.settled();
    setTime(CLEARED);
    await session.ring();
    expect(session.record()).toHaveProperty("ended");
    session.redis.meets(undefined, "takeOver");
    for (const minutes of [1, 2]) {
      expect(session.alarm()).toBe(CLEARED + minutes * 60_000);
      setTime(CLEARED + minutes * 60_000);
      await session.ring();
      expect(session.record()).toHaveProperty("ended");
    }
    expect((await session.held()).entries).toEqual([]);
    setTime(CLEARED + 3 * 60_000);
    await session.ring();
    expect(session.sessions.keys(session.id)).toEqual([]);
  });
});
