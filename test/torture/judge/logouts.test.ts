/** @quick */
import { describe, expect, it } from "vitest";
import { act, broken, held, judged, live, view, visit } from "./stories.ts";

const S = held("S");
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const truths = { S: live("u1") };
const turnedAway = (ms: number, holding = S) => visit(9, { ms: [ms, ms + 10, ms + 20], held: holding });

describe("a session that has not been ended", () => {
  it("is shown, or the visit is not answered", () => {
    const unavailable = visit(2, { ms: [40, 50, 60], held: S, outcome: "failed" });
    expect(broken({ visits: [founded, unavailable], truths })).toEqual([]);
  });

  it("is not answered as new, as another session, or as ended", () => {
    expect(broken({ visits: [founded, turnedAway(40)], truths })).toEqual(["false-logout"]);
    const another = visit(2, { ms: [40, 50, 60], held: S, shown: view("T") });
    expect(broken({ visits: [founded, another], truths })).toEqual(["false-logout"]);
    const ended = visit(2, { ms: [40, 50, 60], held: S, shown: view("S", "u1"), outcome: "ended" });
    expect(broken({ visits: [founded, ended], truths })).toEqual(["false-logout"]);
  });

  it("is not answered as new to a browser whose token has been set back to a token that knows of no record", () => {
    const back = turnedAway(40, held("S", 0, 0));
    expect(broken({ visits: [founded, back], truths })).toEqual(["false-logout"]);
  });

  it("is new to a client that only holds its first token", () => {
    const planter = visit(2, { browser: 1, ms: [40, 50, 60], held: held("S", 0, 0) });
    expect(broken({ visits: [founded, planter], truths })).toEqual([]);
  });

  it("may be over once a client has asked to end it", () => {
    const unanswered = visit(2, { browser: 1, ms: [35], ask: { kind: "end" }, held: S });
    expect(broken({ visits: [founded, unanswered, turnedAway(40)], truths: {} })).toEqual([]);
    const acts = [act(2, "S", { kind: "end" }, [45, 60])];
    expect(broken({ visits: [founded, turnedAway(40)], acts, truths: {} })).toEqual([]);
  });

  it("may be over once another person has logged in", () => {
    const login = (id: number, ms: number, principal: string) =>
      visit(id, {
        ms: [ms, ms + 1, ms + 2],
        ask: { kind: "login", principal, adds: false },
        held: S,
        shown: id === 3 ? { ...view("S", "u1"), principal: "alice" } : view("S", "u1"),
      });
    // This history does not say which generation they were given.
    const others = (kinds: readonly string[]) => kinds.filter((kind) => kind !== "not-rotated");
    const both = [founded, login(2, 31, "alice"), login(3, 35, "bob"), turnedAway(40)];
    expect(others(broken({ visits: both, truths: {} }))).toEqual([]);
    const founding = visit(1, { ms: [10, 20, 30], ask: { kind: "login", principal: "alice", adds: true }, gives: S });
    expect(others(broken({ visits: [founding, login(3, 35, "bob"), turnedAway(40)], truths: {} }))).toEqual([]);
    const same = [founded, login(2, 31, "alice"), login(3, 35, "alice"), turnedAway(40)];
    expect(others(broken({ visits: same, truths }))).toEqual(["false-logout"]);
  });
});

describe("a deadline", () => {
  const endMs = 4_000_000;
  const seen = (ms: number, untouched = false) =>
    visit(2, { ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", "u1"), untouched });

  it("ends a session whose token has not come back after the first idle timeout, and not before", () => {
    expect(broken({ visits: [founded, turnedAway(290_000)], truths, endMs })).toEqual(["false-logout"]);
    expect(broken({ visits: [founded, turnedAway(300_010)], truths, endMs })).toEqual([]);
  });

  it("may pass early by the difference between the clocks", () => {
    expect(broken({ visits: [founded, turnedAway(297_999)], truths, endMs })).toEqual(["false-logout"]);
    expect(broken({ visits: [founded, turnedAway(298_000)], truths, endMs })).toEqual([]);
  });

  it("ends a session after the idle timeout since the session was last shown", () => {
    expect(broken({ visits: [founded, seen(100_000), turnedAway(690_000)], truths, endMs })).toEqual(["false-logout"]);
    expect(broken({ visits: [founded, seen(100_000), turnedAway(700_000)], truths, endMs })).toEqual([]);
    expect(broken({ visits: [founded, seen(100_000, true), turnedAway(690_000)], truths, endMs })).toEqual([]);
  });

  it("ends a session that is used all the time after the absolute timeout", () => {
    const used = Array.from({ length: 9 }, (_, index) => ({ ...seen(400_000 * (index + 1)), id: 2 + index }));
    expect(broken({ visits: [founded, ...used, turnedAway(3_600_011)], truths, endMs })).toEqual([]);
  });
});

describe("an older generation", () => {
  const next = held("S", 1, 2);
  const login = visit(2, {
    ms: [31, 32],
    ask: { kind: "login", principal: "alice", adds: false },
    held: S,
    shown: view("S", "u1"),
    gives: next,
  });
  const used = visit(3, { browser: 1, ms: [35, 36, 37], held: next, shown: view("S", "u1") });

  it("is served until the newer generation has been used, because the login's answer may be lost", () =>
    expect(broken({ visits: [founded, login, turnedAway(100_000)], truths })).toEqual(["false-logout"]));

  it("is served for the grace period after that, and no longer", () => {
    expect(broken({ visits: [founded, login, used, turnedAway(20_000)], truths })).toEqual(["false-logout"]);
    expect(broken({ visits: [founded, login, used, turnedAway(31_000)], truths })).toEqual([]);
  });

  it("is not put into another session by a parallel rotation, because its browser may be about to get the newer generation", () => {
    const rotates = (ms: number, adds: boolean) =>
      visit(4, {
        ms: [ms, ms + 2, ms + 3],
        reached: ms + 1,
        ask: { kind: "rotate", adds },
        held: S,
        shown: view("S", "u1"),
        gives: held("T", 1),
      });
    expect(broken({ visits: [founded, login, rotates(12_000, false)], truths })).toEqual(["false-logout"]);
    expect(broken({ visits: [founded, login, rotates(13_031, false)], truths })).toEqual([]);
    // It may be a login by attributes.
    expect(broken({ visits: [founded, login, rotates(12_000, true)], truths })).toEqual([]);
  });

  it("is no longer served once the newer generation has been rotated itself", () => {
    const again = visit(4, {
      browser: 1,
      ms: [38, 39, 41],
      ask: { kind: "rotate", adds: false },
      held: next,
      shown: view("S", "u1"),
      gives: held("S", 2),
    });
    expect(broken({ visits: [founded, login, used, again, turnedAway(50)], truths })).toEqual([]);
  });

  it("may be refused to change anything", () => {
    const refused = visit(4, {
      ms: [50, 60, 70],
      ask: { kind: "end" },
      held: S,
      shown: view("S", "u1"),
      outcome: "ended",
    });
    expect(broken({ visits: [founded, login, refused], truths })).toEqual([]);
  });
});

describe("a browser that was given a generation", () => {
  const next = held("S", 1, 2);
  const login = visit(2, {
    ms: [31, 32, 33],
    ask: { kind: "login", principal: "alice", adds: false },
    held: S,
    shown: view("S", "u1"),
    gives: next,
  });
  const without = visit(4, { ms: [60, 70, 80], held: S, shown: view("S", "u1") });

  it("keeps the generation", () => {
    expect(broken({ visits: [founded, login, without], truths })).toEqual(["login-undone"]);
    const keeps = visit(4, { ms: [60, 70, 80], held: next, shown: { ...view("S", "u1"), principal: "alice" } });
    expect(broken({ visits: [founded, login, keeps], truths })).toEqual([]);
  });

  it("gives the generation up by an end that another of its tabs has asked for at the same time as the login", () => {
    const ends = { ms: [32.5, 45, 50] as const, ask: { kind: "end" } as const, held: S, shown: view("S", "u1") };
    const ended = visit(3, { ...ends, gives: "nothing" });
    expect(broken({ visits: [founded, login, ended, without], truths })).toEqual([]);
    expect(broken({ visits: [founded, login, { ...ended, browser: 1 }, without], truths })).toEqual(["login-undone"]);
  });

  it("has no use for the generation once the session has ended", () => {
    const ends = visit(3, {
      browser: 1,
      ms: [34, 35, 36],
      ask: { kind: "end" },
      held: next,
      shown: view("S", "u1"),
      gives: "nothing",
    });
    expect(broken({ visits: [founded, login, ends, visit(4, { ms: [60, 70, 80], held: S })], truths: {} })).toEqual([]);
  });

  it("may lose the generation to another session, which is noticed", () => {
    const other = visit(3, {
      ms: [25, 40, 45],
      ask: { kind: "login", principal: "alice", adds: false },
      held: S,
      shown: view("S", "u1"),
      gives: held("T", 1),
    });
    const { violations, notices } = judged({ visits: [founded, login, other, without], truths });
    expect(violations).toEqual([]);
    expect(notices.map(({ kind }) => kind)).toEqual(["login-displaced"]);
  });
});

describe("another session's late response", () => {
  it("is noticed when it takes a living session's place", () => {
    const late = visit(2, { ms: [11, 40, 45], gives: held("T", 0, 0), jar: [S, held("T", 0, 0)] });
    const { violations, notices } = judged({ visits: [founded, late], truths });
    expect(violations).toEqual([]);
    expect(notices.map(({ kind, sid }) => [kind, sid])).toEqual([["displaced", "S"]]);
  });
});
