import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTime } from "../../support/edge.ts";
import { oneSession } from "../../support/one-session.ts";
import { at, T0 } from "../../support/time.ts";

const UNTIL = at(864_000);
const ADOPTS = { touch: true, patches: [{}], adopts: { until: UNTIL, expiresAt: UNTIL, graceSeconds: 30 } } as const;

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

describe("an adopted session", () => {
  it("leaves a tombstone that no alarm frees until an hour after adoptions end", async () => {
    const session = oneSession();
    await session.commit(ADOPTS, { byOldCookie: true });
    await session.commit({ end: true });
    await session.settled();
    setTime(UNTIL);
    await session.ring();
    const late = await session.commit(ADOPTS, { byOldCookie: true, bornAt: UNTIL });
    expect(late).toMatchObject({ kind: "ended" });
    // The alarm frees the row once the journal has been seen empty after the last time at which it could be written.
    for (const seconds of [3_600 + 31, 3_600 + 62, 3_600 + 200]) {
      setTime(UNTIL + seconds * 1000);
      await session.ring();
    }
    expect(session.record()).toBeUndefined();
  });

  it("counts requests by the old cookie as no arrival of its token, whatever they ask for", async () => {
    const session = oneSession();
    await session.commit(ADOPTS, { byOldCookie: true });
    await session.read({ byOldCookie: true });
    await session.commit({ patches: [{ a: 1 }] }, { byOldCookie: true });
    expect(session.record()).not.toHaveProperty("adopted.used");
    await session.read();
    expect(session.record()).toHaveProperty("adopted.used", true);
  });

  it("is opened by the old cookie no more once it was rotated, because whoever knows the cookie would have the new login", async () => {
    const session = oneSession();
    await session.commit(ADOPTS, { byOldCookie: true });
    await session.commit({ rotate: true });
    expect(await session.commit(ADOPTS, { byOldCookie: true })).toMatchObject({ kind: "superseded" });
  });

  it("is opened by the old cookie only if it was adopted: another session may have the same key", async () => {
    const session = oneSession();
    await session.commit({ patches: [{ a: 1 }] });
    expect(await session.commit(ADOPTS, { byOldCookie: true })).toMatchObject({ kind: "superseded" });
  });

  it("is somebody's: its view before a rotation ends after the grace period, used or not", async () => {
    const session = oneSession();
    await session.commit({ ...ADOPTS, principal: "alice" }, { byOldCookie: true });
    await session.commit({ rotate: true });
    expect(await session.read()).toMatchObject({ kind: "superseded", before: { principal: "alice" } });
    setTime(at(30));
    expect(await session.read()).not.toHaveProperty("before");
  });
});
