/** @quick */
import { describe, expect, it } from "vitest";
import { broken, held, live, view, visit } from "./stories.ts";

const S = held("S");
const next = held("S", 1, 2);
const truths = { S: live("u1", "login=v2") };
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const signIn = { kind: "sign-in", by: "attributes", adds: false } as const;
const signsIn = visit(2, { ms: [31, 32, 33], ask: signIn, held: S, shown: view("S", "u1"), gives: next });
const seen = view("S", "u1", "login=v2");

describe("a sign-in or a rotation that is done", () => {
  it("gives its client a generation that it had not held", () => {
    expect(broken({ visits: [founded, signsIn], truths })).toEqual([]);
    const same = visit(2, { ms: [31, 32, 33], ask: signIn, held: S, shown: view("S", "u1") });
    expect(broken({ visits: [founded, same], truths })).toEqual(["not-rotated"]);
  });

  it("gives a generation to the new session, too, if it founds another session", () => {
    const founding = (generation: number) =>
      broken({
        visits: [visit(1, { ms: [10, 20, 30], ask: signIn, held: held("S", 0, 0), gives: held("S", generation) })],
        truths: { S: live("login=v1") },
      });
    expect(founding(1)).toEqual([]);
    expect(founding(0)).toEqual(["not-rotated"]);
  });
});

describe("the attributes that a sign-in has written", () => {
  const thief = (at: number, holds: typeof S) =>
    visit(3, { browser: 1, ms: [at, at + 1, at + 2], held: holds, shown: seen });

  it("are shown to the client that has signed in", () => {
    const own = visit(3, { ms: [40, 41, 42], held: next, shown: seen });
    expect(broken({ visits: [founded, signsIn, own], truths })).toEqual([]);
  });

  it("are not shown to a client that holds an older generation", () =>
    expect(broken({ visits: [founded, signsIn, thief(40, S)], truths })).toContain("fixation"));

  it("are shown to a client that has copied the cookies since, and to no client that held the generation before", () => {
    expect(broken({ visits: [founded, signsIn, thief(40, next)], truths })).toEqual([]);
    const before = visit(4, { browser: 1, ms: [31.5, 31.6, 31.7], held: next, shown: view("S", "u1") });
    expect(broken({ visits: [founded, signsIn, before, thief(40, next)], truths })).toContain("fixation");
  });
});

describe("a copy of a session that may belong to a person", () => {
  const later = held("S", 2, 3);
  const rotates = visit(3, {
    ms: [40, 41],
    ask: { kind: "rotate", adds: false },
    held: next,
    shown: seen,
    gives: later,
  });
  const overMs = 41 + 30_000 + 120_000;
  const copied = (ms: number) => visit(4, { browser: 1, ms: [ms, ms + 1, ms + 2], held: next, shown: seen });
  const judged = (ms: number) => broken({ visits: [founded, signsIn, rotates, copied(ms)], truths });

  it("is shown for the grace after a rotation, although the new generation has not been used", () =>
    expect(judged(overMs - 1)).toEqual([]));
  it("is not shown for longer", () => expect(judged(overMs)).toEqual(["overdue"]));
});
