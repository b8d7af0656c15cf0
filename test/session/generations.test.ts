import { describe, expect, it } from "vitest";
import type { Change } from "../../src/session/change.ts";
import type { View } from "../../src/session/record.ts";
import { POLICY } from "../support/sessions.ts";
import { at } from "../support/time.ts";
import { History } from "./history.ts";

const OLDER = { generation: 0 };
const CURRENT = { generation: 1 };
const LOGIN_AT = 100;

/** A session with a basket whose visitor has logged in as alice, at second 100. */
function loggedIn(): History {
  const history = History.begun({ basket: "tea" });
  history.apply({ principal: "alice", patches: [{ address: "her own" }] }, { now: at(LOGIN_AT) });
  return history;
}

describe("a login", () => {
  it("sets the principal, raises the generation and keeps the attributes", () => {
    expect(loggedIn().find(CURRENT)).toMatchObject({
      kind: "hit",
      view: { principal: "alice", generation: 1, version: 2, attributes: { basket: "tea", address: "her own" } },
    });
  });

  it("of the same principal rotates again, and copies of the earlier token end with the grace period", () => {
    const history = loggedIn();
    expect(history.apply({ principal: "alice", patches: [{ a: 1 }] }, { now: at(200), generation: 1 })).toMatchObject({
      kind: "committed",
      view: { generation: 2, version: 3, principal: "alice", attributes: { basket: "tea", a: 1 } },
    });
    expect(history.find({ now: at(229.999), generation: 1 })).toMatchObject({ view: { principal: "alice" } });
    expect(history.find({ now: at(230), generation: 1 })).toEqual({ kind: "superseded" });
  });

  it("is counted, from its hour's first rotation on, so that the log can tell of a session that rotates often", () => {
    const history = loggedIn();
    const login = (time: number) => {
      history.apply({ principal: "alice" }, { now: time, generation: history.record?.generation ?? 0 });
      return history.record?.rotations;
    };
    expect(history.record?.rotations).toEqual({ since: at(LOGIN_AT), count: 1 });
    expect(login(at(LOGIN_AT + 3_599.999))).toEqual({ since: at(LOGIN_AT), count: 2 });
    expect(login(at(LOGIN_AT + 3_600))).toEqual({ since: at(LOGIN_AT + 3_600), count: 1 });
  });

  it("to another principal ends the session", () => {
    const history = loggedIn();
    expect(history.apply({ principal: "bob", patches: [{ a: 1 }] }, CURRENT)).toMatchObject({ kind: "ended" });
    expect(history.record).toMatchObject({ attributes: {}, ended: { reason: "principal-changed" } });
    expect(history.record).not.toHaveProperty("principal");
  });
});

describe("a rotation", () => {
  it("raises the generation and version, and keeps attributes and principal", () => {
    const history = loggedIn();
    expect(history.apply({ rotate: true }, { now: at(120), generation: 1 })).toMatchObject({
      view: { generation: 2, version: 3, principal: "alice", attributes: { basket: "tea" } },
    });
    expect(history.record?.rotatedAt).toBe(at(120));
  });
});

it("keeps a flash from the generation before: it is taken once, by the newest", () => {
  const history = new History();
  history.apply({ flash: [{ notice: "Saved." }] });
  history.apply({ principal: "alice" }, { now: at(LOGIN_AT) });
  expect(history.record?.flash).toEqual({ notice: "Saved." });
  expect(history.record?.before?.view).not.toHaveProperty("flash");
});

describe("a request of the earlier generation", () => {
  it("is shown the session as it was before the rotation: no principal, no later attributes", () => {
    const history = loggedIn();
    history.apply({ patches: [{ basket: "mug" }] }, CURRENT);
    const found = history.find(OLDER);
    expect(found).toMatchObject({ kind: "superseded", view: { generation: 0, attributes: { basket: "tea" } } });
    expect(found).not.toHaveProperty("view.principal");
  });

  it("is served however late, until the new generation has been used: its login response may be lost", () => {
    expect(loggedIn().find({ ...OLDER, now: at(3_000) })).toMatchObject({ kind: "superseded", view: { version: 1 } });
  });

  it.each([
    ["a read", (history: History) => history.find({ ...CURRENT, now: at(200) })],
    ["a change", (history: History) => history.apply({ patches: [{}] }, { ...CURRENT, now: at(200) })],
    ["a touch", (history: History) => history.apply({ touch: true }, { ...CURRENT, now: at(200) })],
  ])("is served for 30 seconds after the new one's first use, by %s, and no longer", (_what, use) => {
    const history = loggedIn();
    use(history);
    history.find({ ...CURRENT, now: at(225) });
    expect(history.find({ ...OLDER, now: at(229.999) })).toHaveProperty("view");
    expect(history.find({ ...OLDER, now: at(230) })).toEqual({ kind: "superseded" });
    expect(history.apply({ patches: [{ a: 1 }] }, { ...OLDER, now: at(230) })).toEqual({ kind: "superseded" });
    expect(history.record?.attributes).not.toHaveProperty("a");
  });

  it("is not served at all with a grace period of 0, once the new generation has been used", () => {
    const history = History.begun();
    history.apply({ rotate: true, policy: { ...POLICY, graceSeconds: 0 } });
    expect(history.find(OLDER)).toHaveProperty("view");
    history.find(CURRENT);
    expect(history.find(OLDER)).toEqual({ kind: "superseded" });
  });

  it("does not count as the new generation's first use", () => {
    const history = loggedIn();
    expect(history.apply({ patches: [{ a: 1 }] }, { ...OLDER, now: at(200) })).toHaveProperty("view");
    history.apply({ touch: true }, { ...OLDER, now: at(201) });
    expect(history.find({ ...OLDER, now: at(300) })).toHaveProperty("view");
  });

  /** A request of the older generation that was sent after its client could have got the login's response. */
  const LATER = { ...OLDER, now: at(LOGIN_AT + 15) };

  it("has its patches applied to its own view, and nothing of them reaches the newer generation", () => {
    const history = loggedIn();
    expect(history.apply({ patches: [{ coupon: "SPRING" }], flash: [{ notice: "!" }] }, LATER)).toMatchObject({
      kind: "committed",
      view: { generation: 0, version: 3, attributes: { basket: "tea", coupon: "SPRING" } },
    });
    const { view } = history.find({ ...LATER, ...CURRENT }) as { view: View };
    expect(view).toMatchObject({ version: 3, principal: "alice" });
    expect(view.attributes).toEqual({ basket: "tea", address: "her own" });
    expect(view).not.toHaveProperty("flash");
    const shown = history.find(LATER);
    expect(shown).toMatchObject({ view: { version: 3, attributes: { basket: "tea", coupon: "SPRING" } } });
    expect(shown).not.toHaveProperty("view.principal");
    expect(shown).not.toHaveProperty("view.attributes.address");
  });

  it.each<[string, Partial<Change>]>([
    ["patches", { patches: [{ coupon: "SPRING" }] }],
    ["a flash", { flash: [{ notice: "Saved." }] }],
  ])(
    "is refused %s while the login's response may be on its way, since the newer generation would lack it",
    (_what, asked) => {
      const history = loggedIn();
      const { record } = history;
      const refused = { kind: "refused", reason: "rotated" };
      expect(history.apply(asked, { ...OLDER, now: at(LOGIN_AT + 14.999) })).toEqual(refused);
      expect(history.apply(asked, { ...OLDER, now: at(LOGIN_AT + 60), arrivedAt: at(LOGIN_AT - 1) })).toEqual(refused);
      expect(history.record).toBe(record);
    },
  );

  it("is refused patches that are too large for the view that it is shown", () => {
    const history = loggedIn();
    expect(history.apply({ patches: [{ big: "x".repeat(1_100) }] }, LATER)).toEqual({
      kind: "refused",
      reason: "too-large",
    });
  });

  it("cannot rotate the record: a writing rotation is superseded, for a session of its own", () => {
    const history = loggedIn();
    const { record } = history;
    expect(history.apply({ rotate: true, patches: [{ user: "mallory" }] }, OLDER)).toEqual({ kind: "superseded" });
    expect(history.record).toBe(record);
  });

  it("is refused a rotation without a patch at the same time as another rotation, because it cannot be a login", () => {
    const history = loggedIn();
    expect(history.apply({ rotate: true }, OLDER)).toEqual({ kind: "refused", reason: "rotated" });
    expect(history.apply({ rotate: true }, LATER)).toEqual({ kind: "superseded" });
  });

  it("of a view that may be logged in has its rotation refused at the same time as another, and superseded later", () => {
    const history = loggedIn();
    history.apply({ rotate: true }, { now: at(200), generation: 1 });
    const { record } = history;
    expect(history.apply({ rotate: true }, { now: at(214.999), generation: 1 })).toEqual({
      kind: "refused",
      reason: "rotated",
    });
    expect(history.apply({ rotate: true }, { now: at(215), generation: 1 })).toEqual({ kind: "superseded" });
    expect(history.record).toBe(record);
  });

  it("of a view that may be logged in is served for the grace period after the rotation, although the new generation is never used", () => {
    const history = loggedIn();
    history.apply({ rotate: true }, { now: at(200), generation: 1 });
    expect(history.find({ now: at(229.999), generation: 1 })).toMatchObject({ view: { principal: "alice" } });
    expect(history.find({ now: at(230), generation: 1 })).toEqual({ kind: "superseded" });
    history.find({ now: at(240), generation: 2 });
    expect(history.find({ now: at(241), generation: 1 })).toEqual({ kind: "superseded" });
  });

  it("of a view that may be somebody's is not served at all with a grace period of 0", () => {
    const history = loggedIn();
    history.apply({ rotate: true, policy: { ...POLICY, graceSeconds: 0 } }, { now: at(200), generation: 1 });
    expect(history.find({ now: at(200), generation: 1 })).toEqual({ kind: "superseded" });
  });

  it("renews the idle deadline", () => {
    const history = loggedIn();
    const touch = history.apply({ touch: true }, { ...OLDER, now: at(1_000) });
    expect(touch).toMatchObject({ kind: "committed", view: { version: 1, idleDeadline: at(4_960) } });
    expect(history.record?.idleDeadline).toBe(at(4_960));
  });

  it("is told the part of the version that it may know when its change asks for a version", () => {
    const history = loggedIn();
    expect(history.apply({ patches: [{ a: 1 }], ifVersion: 2 }, LATER)).toMatchObject({
      kind: "conflict",
      view: { version: 1, generation: 0 },
    });
    expect(history.apply({ patches: [{ a: 1 }], ifVersion: 1 }, LATER)).toMatchObject({ kind: "committed" });
  });

  it.each([
    ["log in", { principal: "mallory" }],
    ["log in as the same", { principal: "alice" }],
  ])("cannot %s", (_what, asked) => {
    const history = loggedIn();
    const before = history.record;
    expect(history.apply(asked, OLDER)).toEqual({ kind: "superseded" });
    expect(history.record).toBe(before);
  });
});

describe("an end that the earlier generation asks for", () => {
  const end = { id: "end", patches: [{ a: 1 }], end: true as const };

  it("ends the copy that it is still shown, and leaves the session to the holder of the new generation", () => {
    const history = loggedIn();
    const { version, attributes } = history.record ?? {};
    expect(history.apply(end, OLDER)).toMatchObject({ kind: "ended" });
    expect(history.find(OLDER)).toEqual({ kind: "superseded" });
    expect(history.apply({ patches: [{ b: 1 }] }, { ...OLDER, now: at(LOGIN_AT + 15) })).toEqual({
      kind: "superseded",
    });
    expect(history.find(CURRENT)).toMatchObject({ kind: "hit", view: { principal: "alice", version, attributes } });
  });

  it("is told the same when it is repeated", () => {
    const history = loggedIn();
    history.apply(end, OLDER);
    const { record } = history;
    expect(history.apply(end, OLDER)).toEqual({ kind: "ended" });
    expect(history.record).toBe(record);
  });

  it("has no effect once the new generation is in use: requests that ran at the same time as the login are served on", () => {
    const history = loggedIn();
    history.find(CURRENT);
    const { record } = history;
    expect(history.apply(end, OLDER)).toEqual({ kind: "superseded" });
    expect(history.record).toBe(record);
  });
});

describe("older and other generations", () => {
  it("are superseded at once by a second rotation", () => {
    const history = loggedIn();
    history.apply({ rotate: true }, CURRENT);
    expect(history.find(OLDER)).toEqual({ kind: "superseded" });
    expect(history.apply({ patches: [{ a: 1 }] }, OLDER)).toEqual({ kind: "superseded" });
    expect(history.find(CURRENT)).toMatchObject({ kind: "superseded", view: { principal: "alice" } });
    expect(history.find({ generation: 2 })).toMatchObject({ kind: "hit" });
  });

  it("that were never given out are superseded", () => {
    expect(loggedIn().find({ generation: 2 })).toEqual({ kind: "superseded" });
    expect(loggedIn().apply({ patches: [{ a: 1 }] }, { generation: 2 })).toEqual({ kind: "superseded" });
  });

  it("see nothing of a session that has ended", () => {
    const history = loggedIn();
    history.apply({ end: true }, CURRENT);
    expect(history.find(OLDER)).toEqual({ kind: "ended" });
    expect(history.apply({ patches: [{ a: 1 }] }, OLDER)).toEqual({ kind: "ended" });
  });

  it("are no longer stored once their grace period is over and a change is", () => {
    const history = loggedIn();
    history.find({ ...CURRENT, now: at(200) });
    expect(history.record).toHaveProperty("before");
    history.apply({ patches: [{}] }, { ...CURRENT, now: at(230) });
    expect(history.record).not.toHaveProperty("before");
  });
});
