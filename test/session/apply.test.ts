import { describe, expect, it } from "vitest";
import { forgetChanges } from "../../src/session/apply.ts";
import { attributeBytesOf, type SessionRecord } from "../../src/session/record.ts";
import { POLICY } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { History } from "./history.ts";

const HOURS_MS = 3_600_000;

describe("the first change", () => {
  it("makes the record, at version 1 and generation 0", () => {
    const history = new History();
    expect(history.apply({ patches: [{ basket: { tea: 1 } }] })).toMatchObject({
      kind: "committed",
      view: { version: 1, generation: 0, attributes: { basket: { tea: 1 } }, bornAt: T0, attributeBytes: 20 },
    });
    expect(history.find()).toMatchObject({ kind: "hit", view: { version: 1, attributes: { basket: { tea: 1 } } } });
  });

  it("of a visitor whose token has not come back gives the short idle timeout", () => {
    const history = new History();
    history.apply({ patches: [{}] });
    expect(history.record).toMatchObject({ idleDeadline: at(600), absoluteDeadline: at(86_400), returned: false });
  });

  it("of a visitor who came back with their token gives the long idle timeout", () => {
    const history = new History();
    history.apply({ patches: [{}], touch: true });
    expect(history.record).toMatchObject({ idleDeadline: at(3_960), absoluteDeadline: at(86_400), returned: true });
  });

  it("may be a login, which rotates", () => {
    const history = new History();
    expect(history.apply({ principal: "alice" })).toMatchObject({
      kind: "committed",
      view: { version: 1, generation: 1, principal: "alice", loggedInAt: T0 },
    });
  });

  it("keeps the time of the last login until the end, and no other change moves it", () => {
    const history = new History();
    const loggedInAt = () => history.record?.loggedInAt;
    history.apply({ patches: [{}] });
    expect(loggedInAt()).toBeUndefined();
    history.apply({ principal: "alice" }, { now: at(10) });
    history.apply({ patches: [{}], rotate: true, touch: true }, { now: at(20), generation: 1 });
    expect(loggedInAt()).toBe(at(10));
    history.apply({ principal: "alice" }, { now: at(30), generation: 2 });
    expect(loggedInAt()).toBe(at(30));
    history.apply({ end: true }, { now: at(40), generation: 3 });
    expect(history.record).toMatchObject({ ended: { reason: "ended" } });
    expect(loggedInAt()).toBeUndefined();
  });

  it("may be an end: the tombstone keeps the key from ever being used", () => {
    const history = new History();
    expect(history.apply({ end: true })).toMatchObject({ kind: "committed", view: { ended: { reason: "ended" } } });
    expect(history.apply({ patches: [{ a: 1 }] })).toMatchObject({ kind: "ended" });
  });

  it("makes no record when it is refused", () => {
    const history = new History();
    expect(history.apply({ patches: [{ a: "x".repeat(2000) }] })).toEqual({ kind: "refused", reason: "too-large" });
    expect(history.apply({ patches: [{}], ifVersion: 1 })).toMatchObject({ kind: "conflict" });
    expect(history.apply({ patches: [{}], expiresAt: T0 })).toEqual({ kind: "refused", reason: "expired" });
    expect(history.record).toBeUndefined();
  });

  it.each([
    ["to the founding deadline", 2 * HOURS_MS, {}],
    ["to the absolute deadline, when it is nearer", HOURS_MS, { policy: { ...POLICY, absoluteSeconds: 3_600 } }],
  ])("founds a session up %s, and none after: its tombstone may be gone", (_what, life, given) => {
    const change = { patches: [{}], ...given };
    expect(new History().apply(change, { now: T0 + life - 1 })).toMatchObject({ kind: "committed" });
    expect(new History().apply(change, { now: T0 + life, arrivedAt: T0 })).toEqual({ kind: "ended" });
  });

  it("founds no session for a request that proves a generation: there was a record, and it is gone", () => {
    expect(new History().apply({ patches: [{}] }, { generation: 1 })).toEqual({ kind: "ended" });
  });
});

describe("patches", () => {
  it("of different attributes both survive", () => {
    const history = History.begun();
    history.apply({ patches: [{ a: 1 }] });
    history.apply({ patches: [{ b: 2 }] });
    expect(history.record).toMatchObject({ attributes: { a: 1, b: 2 }, version: 3 });
  });

  it("of one attribute: the last to arrive wins, and objects merge", () => {
    const history = History.begun({ a: { x: 1, y: 1 }, b: [1, 2] });
    history.apply({ patches: [{ a: { y: 2, z: 2 }, b: [3] }] });
    expect(history.record?.attributes).toEqual({ a: { x: 1, y: 2, z: 2 }, b: [3] });
  });

  it("of one change apply in order, and count as one version", () => {
    const history = History.begun({ a: { old: true } });
    history.apply({ patches: [{ a: null }, { a: { new: true } }] });
    expect(history.record).toMatchObject({ attributes: { a: { new: true } }, version: 2 });
  });

  it("raise the version though they change nothing", () => {
    const history = History.begun({ a: 1 });
    expect(history.apply({ patches: [{ a: 1 }] })).toMatchObject({ kind: "committed", view: { version: 2 } });
  });

  it("are measured as UTF-8 JSON, and refused above the limit", () => {
    const history = History.begun();
    const room = POLICY.maxAttributeBytes - attributeBytesOf({ a: "" });
    expect(history.apply({ patches: [{ a: "é".repeat(room / 2 + 1) }] })).toEqual({
      kind: "refused",
      reason: "too-large",
    });
    expect(history.apply({ patches: [{ a: "x".repeat(room) }] })).toMatchObject({ view: { attributeBytes: 1024 } });
    expect(history.record?.version).toBe(2);
  });

  it("may shrink a session that a lower limit has left too large", () => {
    const history = History.begun({ a: "x".repeat(500), b: "x".repeat(400) });
    const policy = { ...POLICY, maxAttributeBytes: 600 };
    expect(history.apply({ patches: [{ c: 1 }], policy })).toEqual({ kind: "refused", reason: "too-large" });
    expect(history.apply({ touch: true, policy })).toMatchObject({ kind: "committed" });
    expect(history.apply({ patches: [{ b: null }], policy })).toMatchObject({ kind: "committed" });
  });

  it("with a version apply to that version alone", () => {
    const history = History.begun({ a: 1 });
    expect(history.apply({ patches: [{ a: 2 }], ifVersion: 2 })).toMatchObject({
      kind: "conflict",
      view: { version: 1 },
    });
    expect(history.apply({ patches: [{ a: 2 }], ifVersion: 1 })).toMatchObject({ view: { attributes: { a: 2 } } });
    expect(history.apply({ patches: [{ a: 3 }], ifVersion: 1 })).toMatchObject({
      kind: "conflict",
      view: { version: 2 },
    });
  });
});

describe("a change that arrives twice", () => {
  it.each([
    ["a patch", { patches: [{ a: 2 }] }],
    ["a login", { principal: "alice" }],
    ["a rotation", { rotate: true as const }],
    ["an end", { end: true as const }],
    ["a touch", { touch: true as const }],
  ])("is applied once and answered alike: %s", (_what, asked) => {
    const history = History.begun({ a: 1 });
    const change = { id: "once", ...asked };
    const first = history.apply(change, { now: at(400) });
    const after = history.record;
    const second = history.apply({ ...change, expiresAt: at(408) }, { now: at(403) });
    expect(second).toEqual({ kind: "committed", view: "view" in first && first.view });
    expect(history.record).toEqual(after);
  });

  it("is answered with the session as it is now", () => {
    const history = History.begun();
    history.apply({ id: "once", patches: [{ a: 1 }] });
    history.apply({ patches: [{ b: 1 }] });
    expect(history.apply({ id: "once", patches: [{ a: 1 }] })).toMatchObject({
      view: { version: 3, attributes: { a: 1, b: 1 } },
    });
  });

  it("tells the sender of a rotation its generation, and no later generation", () => {
    const history = History.begun();
    history.apply({ id: "once", principal: "alice" });
    history.apply({ rotate: true, patches: [{ secret: 1 }] }, { generation: 1 });
    const repeated = history.apply({ id: "once", principal: "alice" });
    expect(repeated).toMatchObject({ kind: "committed", view: { generation: 1, principal: "alice", attributes: {} } });
    history.apply({ rotate: true }, { generation: 2 });
    expect(history.apply({ id: "once", principal: "alice" })).toEqual({ kind: "superseded" });
  });

  it("is refused after its life, when its id may be forgotten", () => {
    const history = History.begun();
    const change = { id: "once", patches: [{ a: 1 }], expiresAt: at(8) };
    history.apply(change);
    expect(history.apply(change, { now: at(7.999) })).toMatchObject({ kind: "committed", view: { version: 2 } });
    expect(history.apply(change, { now: at(8) })).toEqual({ kind: "refused", reason: "expired" });
  });

  it("keeps its id until it is forgotten, which it is when nothing accepts the change any more", () => {
    const history = History.begun();
    history.apply({ id: "once", patches: [{ a: 1 }], expiresAt: at(8) });
    const record = history.record as SessionRecord;
    const ids = (time: number) => forgetChanges(record, time).recentChanges.map(({ id }) => id);
    expect(ids(at(7.999))).toContain("once");
    expect(ids(at(8))).not.toContain("once");
    expect(forgetChanges(record, at(7.999))).toBe(record);
    expect(record.recentChanges.map(({ id }) => id)).toContain("once");
  });

  it("keeps its id while others come and go", () => {
    const history = History.begun();
    history.apply({ id: "once", patches: [{ a: 1 }], expiresAt: at(8) });
    for (let i = 0; i < 100; i++) history.apply({ patches: [{ b: i }] }, { now: at(4) });
    expect(history.apply({ id: "once", patches: [{ a: 1 }], expiresAt: at(8) }, { now: at(7) })).toMatchObject({
      kind: "committed",
      view: { version: 102 },
    });
  });
});

describe("an end", () => {
  it("leaves a tombstone: no attributes, no principal", () => {
    const history = History.begun({ a: 1 });
    history.apply({ principal: "alice" });
    history.apply({ end: true }, { now: at(5), generation: 1 });
    expect(history.record).toMatchObject({ attributes: {}, attributeBytes: 2, ended: { at: at(5), reason: "ended" } });
    expect(history.record).toMatchObject({ version: 3, generation: 1 });
    expect(history.record).not.toHaveProperty("principal");
    expect(history.record).not.toHaveProperty("before");
  });

  it("is final: nothing that arrives late revives the session", () => {
    const history = History.begun({ a: 1 });
    history.apply({ end: true });
    const tombstone = history.record;
    for (const asked of [
      { patches: [{ a: 2 }] },
      { touch: true as const },
      { principal: "alice" },
      { rotate: true as const },
      { end: true as const },
    ]) {
      expect(history.apply(asked)).toEqual({ kind: "ended" });
    }
    expect(history.find()).toEqual({ kind: "ended" });
    expect(history.record).toBe(tombstone);
  });

  it("takes precedence over the change's other requests", () => {
    const history = History.begun();
    expect(history.apply({ end: true, patches: [{ a: 1 }], principal: "alice" })).toMatchObject({
      view: { attributes: {}, ended: { reason: "ended" } },
    });
  });
});

describe("a record that newer code has written", () => {
  it("keeps fields that this code does not know", () => {
    const history = History.begun();
    history.record = { ...history.record, addedLater: 7 } as never;
    history.apply({ patches: [{ a: 1 }] });
    history.apply({ principal: "alice" });
    expect(history.record).toMatchObject({ addedLater: 7 });
    history.apply({ end: true }, { generation: 1 });
    expect(history.record).toMatchObject({ addedLater: 7 });
  });
});
