import { describe, expect, it } from "vitest";
import type { Login } from "../../src/session/login.ts";
import { at } from "../support/time.ts";
import { History } from "./history.ts";

const login: Login = {
  issuer: "https://id.example.com",
  sub: "alice",
  at: at(10),
  claims: {},
  roleClaims: {},
};
/** The old application has logged user 7 in, and tells so by an attribute, as Passport does. */
const attributes = { passport: { user: 7 }, basket: { tea: 1 } };
const adopts = {
  until: at(86_400),
  expiresAt: at(86_400),
  old: { from: "old", sealed: "old-session" },
  graceSeconds: 60,
};
const alice = { principal: "alice", login };

describe("a login at the edge", () => {
  it("keeps what an anonymous visitor has stored", () => {
    const history = new History();
    history.apply({ patches: [{ basket: { tea: 1 } }] });
    expect(history.apply(alice, { now: at(10) })).toMatchObject({
      kind: "committed",
      view: { principal: "alice", attributes: { basket: { tea: 1 } }, login: { sub: "alice" } },
    });
  });

  it("leaves nothing of the login in the record of a session that has ended", () => {
    const history = new History();
    history.apply({ patches: [{ basket: { tea: 1 } }] });
    history.apply(alice, { now: at(10) });
    history.apply({ end: true }, { now: at(20), generation: 1 });
    expect(history.record).toMatchObject({ ended: { reason: "ended" }, attributes: {} });
    for (const name of ["login", "principal", "loggedInAt", "before"]) expect(history.record).not.toHaveProperty(name);
  });

  it("keeps an adopted session whose principal the old application has named by the provider's subject", () => {
    const history = new History();
    history.apply({ patches: [attributes], principal: "alice", adopts });
    expect(history.apply(alice, { now: at(10) })).toMatchObject({ kind: "committed", view: { attributes } });
  });

  it.each([
    ["of another principal", { principal: "7" }],
    ["in which an attribute alone names the user", {}],
  ])("ends an adopted session %s, and owes its end to the old application", (_name, named) => {
    const history = new History();
    history.apply({ patches: [attributes], adopts, ...named });
    expect(history.apply(alice, { now: at(10) })).toMatchObject({ kind: "ended" });
    expect(history.record).toMatchObject({
      ended: { reason: "principal-changed" },
      attributes: {},
      old: { from: "old", sealed: "old-session" },
      owed: { tries: 0 },
    });
  });

  it("ends a session that an application has rotated for a login by an attribute", () => {
    const history = new History();
    history.apply({ patches: [attributes], rotate: true });
    expect(history.apply(alice, { now: at(10), generation: 1 })).toMatchObject({ kind: "ended" });
    expect(history.record).toMatchObject({ ended: { reason: "principal-changed" } });
  });
});

it("a login by an origin keeps the session that the origin has rotated, because the origin knows its own attributes", () => {
  const history = new History();
  history.apply({ patches: [attributes], rotate: true });
  expect(history.apply({ principal: "7" }, { now: at(10), generation: 1 })).toMatchObject({
    kind: "committed",
    view: { attributes },
  });
});
