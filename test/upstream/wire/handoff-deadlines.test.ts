import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { View } from "../../../src/session/record.ts";
import type { Recipient } from "../../../src/upstream/wire/handoff.ts";
import { ADDRESS, createTestHandoffs } from "../../support/handoffs.ts";
import { poolConfig } from "../../support/pools.ts";
import { copyOf, sessionOf } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

let handoff: Awaited<ReturnType<typeof createTestHandoffs>>;
beforeAll(async () => {
  handoff = await createTestHandoffs();
});

const SITE = { session: true, touch: true };

/** The deadlines that a handoff says, in seconds after the birth of the session. */
async function deadlinesAt(now: number, route: Recipient["route"], given: Partial<View> = {}) {
  const session = sessionOf(copyOf("session-1", given));
  const claims = decodeJwt(await handoff.sign(session, { pool: poolConfig(["a"]), ...ADDRESS, route }, now));
  return [Number(claims.idle) - T0 / 1000, Number(claims.absolute) - T0 / 1000];
}

// The idle timeout is an hour, a touch is due after 6 minutes, and the deadline is 6 minutes later than the timeout.
describe("the deadlines in a handoff are", () => {
  it("those of the session, while its idle deadline is not renewed", async () => {
    expect(await deadlinesAt(at(359), SITE)).toEqual([3_960, 86_400]);
  });

  it("the idle deadline that the request itself renews", async () => {
    expect(await deadlinesAt(at(360), SITE)).toEqual([360 + 3_960, 86_400]);
    expect(await deadlinesAt(at(10), SITE, { returned: false, idleDeadline: at(600) })).toEqual([10 + 3_960, 86_400]);
  });

  it("not renewed by a route without touch, nor outside a route", async () => {
    expect(await deadlinesAt(at(360), { ...SITE, touch: false })).toEqual([3_960, 86_400]);
    expect(await deadlinesAt(at(360), undefined)).toEqual([3_960, 86_400]);
  });

  it("nearer on a route that is stricter than the site", async () => {
    const route = { touch: true, session: { idleSeconds: 600, absoluteSeconds: 7_200 } };
    expect(await deadlinesAt(at(0), route)).toEqual([600 + 360, 7_200]);
    expect(await deadlinesAt(at(400), route)).toEqual([400 + 600 + 360, 7_200]);
    expect(await deadlinesAt(at(0), { touch: true, session: { idleSeconds: 600 } })).toEqual([960, 86_400]);
  });

  it("of the time of the request, though an earlier handoff of the same version is held", async () => {
    const before = await deadlinesAt(at(359), SITE);
    const touched = { touchedAt: at(360), idleDeadline: at(4_320) };
    expect([before, await deadlinesAt(at(361), SITE, touched)]).toEqual([
      [3_960, 86_400],
      [4_320, 86_400],
    ]);
  });
});
