import { describe, expect, it } from "vitest";
import { deadlinePassed, isTouchDue, touchEveryMs, touched, unreturned } from "../../src/session/deadlines.ts";
import { copyOf, POLICY } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { History } from "./history.ts";

describe("the deadlines of a touch", () => {
  it("are late by the throttle, a tenth of the idle timeout, so that no session ends early", () => {
    expect(touchEveryMs(POLICY)).toBe(360_000);
    expect(touched(T0, POLICY)).toEqual({ touchedAt: T0, idleDeadline: at(3_600 + 360), returned: true });
  });

  it("are the short deadlines until the token has come back, without a throttle to wait for", () => {
    expect(unreturned(T0, POLICY)).toEqual({ touchedAt: T0, idleDeadline: at(600), returned: false });
  });

  it("count from whole seconds, which the token can say", () => {
    expect(touched(T0 + 999, POLICY)).toEqual(touched(T0, POLICY));
    expect(unreturned(T0 + 999, POLICY)).toEqual(unreturned(T0, POLICY));
  });
});

describe("a touch is due", () => {
  it.each([
    ["at the first return of a token, at once", { returned: false }, 0, true],
    ["not again at once", { returned: true }, 0, false],
    ["not before a tenth of the idle timeout has passed", { returned: true }, 359.999, false],
    ["then", { returned: true }, 360, true],
  ])("%s", (_when, view, seconds, due) => expect(isTouchDue(copyOf("s", view), at(seconds), POLICY)).toBe(due));
});

describe("a deadline has passed", () => {
  const view = copyOf("s", { idleDeadline: at(100), absoluteDeadline: at(200) });
  it.each([
    [99.999, undefined],
    [100, "idle"],
    [199.999, "idle"],
    [200, "absolute"],
  ])("at second %d: %s", (seconds, reason) => expect(deadlinePassed(view, at(seconds))).toBe(reason));
});

describe("a session", () => {
  it("ends at its idle deadline", () => {
    const history = History.begun({ a: 1 });
    expect(history.find({ now: at(3_959.999) })).toMatchObject({ kind: "hit" });
    expect(history.find({ now: at(3_960) })).toEqual({ kind: "ended" });
    expect(history.apply({ patches: [{}] }, { now: at(3_960) })).toMatchObject({ kind: "ended" });
    expect(history.record).toMatchObject({ attributes: {}, ended: { reason: "idle", at: at(3_960) } });
  });

  it("ends early if its token never comes back", () => {
    const history = new History();
    history.apply({ patches: [{ a: 1 }] });
    expect(history.find({ now: at(599.999) })).toMatchObject({ kind: "hit" });
    expect(history.find({ now: at(600) })).toEqual({ kind: "ended" });
  });

  it("is prolonged by a touch, which raises no version", () => {
    const history = History.begun({ a: 1 });
    expect(history.apply({ touch: true }, { now: at(3_000) })).toMatchObject({
      kind: "committed",
      view: { version: 1, touchedAt: at(3_000), idleDeadline: at(6_960) },
    });
    expect(history.find({ now: at(6_959.999) })).toMatchObject({ kind: "hit" });
  });

  it("is not prolonged by a change without a touch: an origin's own writing is no visit", () => {
    const history = History.begun();
    history.apply({ patches: [{ a: 1 }] }, { now: at(3_000) });
    expect(history.record?.idleDeadline).toBe(at(3_960));
  });

  it("ends at its absolute deadline, whatever touches it", () => {
    const history = History.begun();
    for (let second = 0; second < 86_400; second += 3_000) history.apply({ touch: true }, { now: at(second) });
    expect(history.find({ now: at(86_399.999) })).toMatchObject({ kind: "hit" });
    expect(history.find({ now: at(86_400) })).toEqual({ kind: "ended" });
    history.apply({ touch: true }, { now: at(86_400) });
    expect(history.record?.ended?.reason).toBe("absolute");
  });

  it("is judged by when the request arrived: a request that took long is not late", () => {
    const history = History.begun();
    expect(history.find({ arrivedAt: at(3_959), now: at(4_000) })).toMatchObject({ kind: "hit" });
    expect(history.apply({ touch: true }, { arrivedAt: at(3_959), now: at(4_000) })).toMatchObject({
      kind: "committed",
      view: { touchedAt: at(4_000) },
    });
  });
});
