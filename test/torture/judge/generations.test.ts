/** @quick */
import { describe, expect, it } from "vitest";
import type { View } from "../history.ts";
import { broken, held, live, TERMS, view, visit } from "./stories.ts";

const [S, next] = [held("S"), held("S", 1, 2)];
/** The planter founds a session and plants its token. Their victim logs in with it, and adds an attribute. */
const planted = visit(1, { browser: 1, ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const login = visit(2, {
  epoch: 1,
  ms: [40, 50, 60],
  ask: { kind: "login", principal: "alice", adds: true },
  held: S,
  shown: view("S", "u1"),
  gives: next,
});
const later = visit(3, {
  epoch: 1,
  ms: [70, 80, 90],
  ask: { kind: "add" },
  held: next,
  shown: { ...view("S", "u1", "u2"), principal: "alice" },
});
const truths = { S: live("u1", "u2", "u3", "u5") };
const planter = (shown: View) => visit(4, { browser: 1, ms: [100, 110, 120], held: S, shown });

describe("a client that has planted a session's token", () => {
  it("is shown the session from before the login", () =>
    expect(broken({ visits: [planted, login, later, planter(view("S", "u1"))], truths })).toEqual([]));

  it.each<[string, View]>([
    ["its principal", { ...view("S", "u1"), principal: "alice" }],
    ["what the login added", view("S", "u1", "u2")],
    ["what was added after it", view("S", "u1", "u3")],
  ])("is not shown %s", (_what, shown) =>
    expect(broken({ visits: [planted, login, later, planter(shown)], truths })).toEqual(["fixation"]),
  );

  it("does not end it", () => {
    const ends = visit(4, {
      browser: 1,
      ms: [100, 110, 120],
      ask: { kind: "end" },
      held: S,
      shown: view("S", "u1"),
      outcome: "ended",
    });
    const turnedAway = visit(5, { epoch: 1, ms: [130, 140, 150], held: next });
    expect(broken({ visits: [planted, login, later, ends, turnedAway], truths })).toEqual(["false-logout"]);
  });

  it("adds to the view that it sees itself, and not to the view that others have logged in to", () => {
    const adds = visit(5, { browser: 1, ms: [100, 110, 120], ask: { kind: "add" }, held: S, shown: view("S", "u1") });
    const seen = (...names: string[]) =>
      visit(6, { epoch: 1, ms: [130, 140, 150], held: next, shown: { ...view("S", ...names), principal: "alice" } });
    const judged = (...names: string[]) => broken({ visits: [planted, login, later, adds, seen(...names)], truths });
    expect(judged("u1", "u2", "u3")).toEqual([]);
    expect(judged("u1", "u2", "u3", "u5")).toEqual(["intrusion"]);
  });
});

it("a principal that has never logged in is not shown to any client", () => {
  const shown = { ...view("S", "u1", "u2", "u3"), principal: "bob" };
  const loggedIn = visit(6, { epoch: 1, ms: [130, 140, 150], held: next, shown });
  expect(broken({ visits: [planted, login, later, loggedIn], truths })).toEqual(["fixation"]);
});

it("a client that has logged in is shown its principal", () => {
  const loggedOut = visit(6, { epoch: 1, ms: [130, 140, 150], held: next, shown: view("S", "u1", "u2", "u3") });
  expect(broken({ visits: [planted, login, later, loggedOut], truths })).toEqual(["stale-read"]);
  const withoutProof = visit(6, { epoch: 1, ms: [130, 140, 150], held: S, shown: view("S", "u1") });
  expect(broken({ visits: [planted, login, later, withoutProof], truths })).toEqual(["login-undone"]);
});

describe("once a generation has been used", () => {
  const older = (ms: number) => visit(7, { browser: 1, ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", "u1") });
  const graceOver = 80 + TERMS.graceMs + TERMS.othersMs;
  const played = (ms: number) => broken({ visits: [planted, login, later, older(ms)], truths });

  it("the generation before is served for its grace, and also where the use may not have been seen", () =>
    expect(played(graceOver - 1)).toEqual([]));
  it("the generation before is not served for longer", () => expect(played(graceOver)).toEqual(["overdue"]));
});
