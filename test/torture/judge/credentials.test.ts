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

  it("of a session that founds another gives that one a generation too", () => {
    const founding = (generation: number) =>
      broken({
        visits: [visit(1, { ms: [10, 20, 30], ask: signIn, held: held("S", 0, 0), gives: held("S", generation) })],
        truths: { S: live("login=v1") },
      });
    expect(founding(1)).toEqual([]);
    expect(founding(0)).toEqual(["not-rotated"]);
  });
});

describe("what a sign-in has written", () => {
  const thief = (at: number, holds: typeof S) =>
    visit(3, { browser: 1, ms: [at, at + 1, at + 2], held: holds, shown: seen });

  it("is shown to who has signed in", () => {
    const own = visit(3, { ms: [40, 41, 42], held: next, shown: seen });
    expect(broken({ visits: [founded, signsIn, own], truths })).toEqual([]);
  });

  it("is shown to nobody who holds an older generation", () =>
    expect(broken({ visits: [founded, signsIn, thief(40, S)], truths })).toContain("fixation"));

  it("is shown to who has copied it since, and to nobody who held as much before", () => {
    expect(broken({ visits: [founded, signsIn, thief(40, next)], truths })).toEqual([]);
    const before = visit(4, { browser: 1, ms: [31.5, 31.6, 31.7], held: next, shown: view("S", "u1") });
    expect(broken({ visits: [founded, signsIn, before, thief(40, next)], truths })).toContain("fixation");
  });
});

describe("a copy of what may be somebody's", () => {
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

  it("is shown for the grace after a rotation, though nobody has used what that gave", () =>
    expect(judged(overMs - 1)).toEqual([]));
  it("and not for longer", () => expect(judged(overMs)).toEqual(["overdue"]));
});
