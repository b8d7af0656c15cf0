import { describe, expect, it } from "vitest";
import type { View } from "../../src/session/record.ts";
import { Session } from "../../src/session/session.ts";
import { copyOf, openedToken, POLICY, shownOf } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

const token = openedToken();
const known = (given: Partial<View> = {}) =>
  new Session(token, { returning: true, shown: shownOf(copyOf("s", given)) });
const unknown = (returning: boolean) => new Session({ ...token, version: 0 }, { returning });
const changeOf = (session: Session, now = T0) => session.toChange({ newId: () => "c", now, policy: POLICY });

describe("a session", () => {
  it("shows the state that the stores know", () => {
    const session = known({ principal: "alice", attributes: { a: 1 } });
    expect(session).toMatchObject({ id: "s", isNew: false, principal: "alice", attributes: { a: 1 } });
  });

  it("that exists nowhere is empty", () => {
    expect(unknown(true)).toMatchObject({ isNew: true, principal: undefined, attributes: {} });
  });

  it("shows its state, not the changes that are asked for", () => {
    const session = known({ attributes: { a: 1 } });
    session.patch({ a: 2 });
    session.login("alice");
    session.end();
    expect(session).toMatchObject({ principal: undefined, attributes: { a: 1 } });
  });

  it.each(["", "a b", "a\n", "ä", "x".repeat(257)])("refuses the principal %j", (principal) => {
    const session = known();
    expect(() => session.login(principal)).toThrow(TypeError);
    expect(session.asks).toBe(false);
  });
});

describe("the change that a request asks for", () => {
  const common = { id: "c", expiresAt: at(8), policy: POLICY };

  it("is none for a clean read with no touch due", () => expect(changeOf(known())).toBeUndefined());

  it("is none for a visitor of whom nothing is stored, although their token has come back", () => {
    expect(changeOf(unknown(true))).toBeUndefined();
  });

  it("is a touch when a touch is due", () => {
    expect(changeOf(known({ touchedAt: at(-360) }))).toEqual({ ...common, touch: true });
    expect(changeOf(known({ returned: false }))).toEqual({ ...common, touch: true });
  });

  it("holds all that was asked, patches in their order", () => {
    const session = known();
    session.patch({ a: null });
    session.patch({ a: { b: 1 } });
    session.login("alice");
    session.rotate();
    session.end();
    expect(changeOf(session)).toEqual({
      ...common,
      patches: [{ a: null }, { a: { b: 1 } }],
      principal: "alice",
      rotate: true,
      end: true,
    });
  });

  it("carries the touch that is due", () => {
    const session = known({ touchedAt: at(-360) });
    session.patch({ a: 1 });
    expect(changeOf(session)).toEqual({ ...common, patches: [{ a: 1 }], touch: true });
  });

  it("founds a session with a touch only if its token had come back", () => {
    const [came, minted] = [unknown(true), unknown(false)];
    came.patch({ a: 1 });
    minted.patch({ a: 1 });
    expect(changeOf(came)).toEqual({ ...common, patches: [{ a: 1 }], touch: true });
    expect(changeOf(minted)).toEqual({ ...common, patches: [{ a: 1 }] });
  });

  it("is none for a rotation under a key that no other client can have", () => {
    const session = unknown(false);
    session.rotate();
    expect(changeOf(session)).toBeUndefined();
  });

  it("expires 8 seconds after it is sent", () => {
    const session = known();
    session.rotate();
    expect(changeOf(session, at(60))).toEqual({ ...common, rotate: true, expiresAt: at(68) });
  });
});

describe("starting anew", () => {
  it("asks for the same under another token, from the attributes it is given", () => {
    const session = known({ principal: "alice", attributes: { secret: 1 } });
    session.patch({ a: 1 });
    session.login("bob");
    session.rotate();
    const anew = session.startAnew({ ...token, id: "other" }, { basket: "tea" });
    expect(anew).toMatchObject({ id: "other", returning: false, isNew: true });
    expect(changeOf(anew)).toMatchObject({ patches: [{ basket: "tea" }, { a: 1 }], principal: "bob" });
    expect(changeOf(anew)).toMatchObject({ rotate: true });
    expect(changeOf(anew)).not.toHaveProperty("touch");
  });
});
