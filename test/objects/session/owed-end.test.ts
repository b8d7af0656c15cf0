import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OldSessions } from "../../../src/objects/session/owed-end.ts";
import { setTime } from "../../support/edge.ts";
import { oneSession } from "../../support/one-session.ts";
import { at, T0 } from "../../support/time.ts";

const UNTIL = at(864_000);
const OLD = { from: "app", sealed: "sealed-id" };
const ADOPTS = {
  touch: true,
  patches: [{}],
  principal: "alice",
  adopts: { until: UNTIL, expiresAt: UNTIL, graceSeconds: 30, old: OLD },
} as const;

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

/** An adopted session that has ended, before an old application that answers when it `isThere`. */
async function endedSession() {
  const app = { isThere: true, ended: [] as string[], left: 0 };
  const oldSessions: OldSessions = {
    async end({ sealed }) {
      if (!app.isThere) return { kind: "unavailable", cause: new Error("away") };
      app.ended.push(sealed);
      return { kind: "done" };
    },
    left: () => void app.left++,
  };
  const session = oneSession({ oldSessions });
  await session.commit(ADOPTS, { byOldCookie: true });
  await session.commit({ end: true });
  await session.settled();
  return { app, session };
}
/** Lets the alarm ring when it is set to. Returns the seconds since the last time. */
async function ringNext(session: Awaited<ReturnType<typeof endedSession>>["session"]): Promise<number> {
  const before = Date.now();
  const next = session.alarm() ?? Number.NaN;
  setTime(next);
  await session.ring();
  await session.settled();
  return (next - before) / 1000;
}

describe("the end of an old session that its session owes", () => {
  it("is noted in the same write as the logout, and tried by the alarm", async () => {
    const { app, session } = await endedSession();
    expect(session.record()).toMatchObject({ ended: { reason: "ended" }, owed: { tries: 0 } });
    session.replace();
    await ringNext(session);
    expect(app.ended).toEqual([OLD.sealed]);
    expect(session.record()).not.toHaveProperty("owed");
    expect(session.record()).not.toHaveProperty("old");
  });

  it("is tried again after longer and longer pauses, until the old application answers", async () => {
    const { app, session } = await endedSession();
    app.isThere = false;
    const pauses = [];
    for (let tries = 0; tries < 12; tries++) pauses.push(await ringNext(session));
    expect(pauses).toEqual([6, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
    app.isThere = true;
    await ringNext(session);
    expect(app).toMatchObject({ ended: [OLD.sealed], left: 0 });
  });

  it("is given up when adoptions end, and operators are told once", async () => {
    const { app, session } = await endedSession();
    app.isThere = false;
    setTime(UNTIL - 1);
    await session.ring();
    expect(app.left).toBe(0);
    await ringNext(session);
    expect(app.left).toBe(1);
    expect(session.record()).not.toHaveProperty("old");
    await ringNext(session);
    expect(app).toMatchObject({ ended: [], left: 1 });
  });

  it("is not tried by the alarm once the request that logged out has had it confirmed", async () => {
    const { app, session } = await endedSession();
    expect(await session.commit({ settlesOld: true })).toMatchObject({ kind: "ended" });
    expect(session.record()).not.toHaveProperty("old");
    await ringNext(session);
    expect(app.ended).toEqual([]);
  });

  it("is owed after an end by an operator, and not after a timeout", async () => {
    const revoked = oneSession();
    await revoked.commit(ADOPTS, { byOldCookie: true });
    await revoked.sessions.end(revoked.id);
    expect(revoked.record()).toMatchObject({ ended: { reason: "revoked" }, owed: { tries: 0 } });
    const idle = oneSession();
    await idle.commit(ADOPTS, { byOldCookie: true });
    setTime(at(7_261));
    await idle.read();
    await idle.ring();
    expect(idle.record()).toMatchObject({ ended: { reason: "idle" } });
    expect(idle.record()).not.toHaveProperty("owed");
    expect(idle.record()).not.toHaveProperty("old");
  });

  it("is not owed if Moor may only read the old session, and nothing of that session stays in the tombstone", async () => {
    const session = oneSession();
    await session.commit(
      { ...ADOPTS, adopts: { ...ADOPTS.adopts, old: { ...OLD, readOnly: true } } },
      { byOldCookie: true },
    );
    expect(session.record()).toMatchObject({ old: { readOnly: true } });
    await session.commit({ end: true });
    expect(session.record()).toMatchObject({ ended: { reason: "ended" } });
    expect(session.record()).not.toHaveProperty("owed");
    expect(session.record()).not.toHaveProperty("old");
  });

  it("says nothing about a session that lives", async () => {
    const session = oneSession();
    await session.commit(ADOPTS, { byOldCookie: true });
    expect(await session.commit({ settlesOld: true })).toMatchObject({ kind: "committed" });
    expect(session.record()).toMatchObject({ old: { ...OLD, until: UNTIL } });
  });
});
