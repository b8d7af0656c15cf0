/** @quick */
import { describe, expect, it } from "vitest";
import { act, broken, held, live, trouble, view, visit } from "./stories.ts";

const S = held("S");
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const ending = visit(2, { ms: [40, 50, 60], ask: { kind: "end" }, held: S, shown: view("S", "u1"), gives: "nothing" });
const truths = { S: { kind: "ended" as const } };
const shownAt = (ms: number, browser = 0) =>
  visit(3, { browser, ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", "u1") });

describe("a session whose end was acknowledged", () => {
  it("stays ended", () => {
    expect(broken({ visits: [founded, ending], truths })).toEqual([]);
    expect(broken({ visits: [founded, ending], truths: { S: live("u1") } })).toEqual(["revived"]);
  });

  it("is never shown again to the browser that ended it", () => {
    expect(broken({ visits: [founded, ending, shownAt(55)], truths })).toEqual([]);
    expect(broken({ visits: [founded, ending, shownAt(70)], truths })).toEqual(["revived"]);
  });

  it("is shown to others who hold its token for a bounded time", () => {
    expect(broken({ visits: [founded, ending, shownAt(120_000, 1)], truths })).toEqual([]);
    expect(broken({ visits: [founded, ending, shownAt(120_051, 1)], truths })).toEqual(["revived"]);
    const troubles = [trouble(100, 10_000)];
    expect(broken({ visits: [founded, ending, shownAt(120_051, 1)], truths, troubles })).toEqual([]);
  });

  it("may have been ended by an admin", () => {
    const acts = [act(2, "S", { kind: "end" }, [40, 50])];
    expect(broken({ visits: [founded, shownAt(70)], acts, truths })).toEqual([]);
    expect(broken({ visits: [founded, shownAt(120_051)], acts, truths })).toEqual(["revived"]);
  });

  it("was not ended by an expired token", () => {
    const moot = visit(2, { browser: 1, ms: [40, 50, 60], ask: { kind: "end" }, held: S });
    const rotated = visit(4, {
      ms: [31, 34, 35],
      ask: { kind: "rotate", adds: false },
      held: S,
      shown: view("S", "u1"),
      gives: held("S", 1),
    });
    const used = visit(5, { ms: [36, 37, 38], held: held("S", 1), shown: view("S", "u1") });
    const visits = [
      founded,
      rotated,
      used,
      { ...moot, left: { tick: 32, ms: 32 }, answered: { ...moot.answered, tick: 40_010, ms: 40_010 } },
    ];
    expect(broken({ visits, truths: { S: live("u1") } } as Parameters<typeof broken>[0])).toEqual([]);
  });
});

describe("an end by a client that had asked for a login and never got its answer", () => {
  const login = { ms: [31, 34] as const, ask: { kind: "login", principal: "alice", adds: false } as const };
  const lost = visit(4, { ...login, held: S, shown: view("S", "u1"), gives: held("S", 1, 2) });
  const arrived = visit(4, { ...login, ms: [31, 34, 35], held: S, shown: view("S", "u1"), gives: held("S", 1, 2) });
  const older = visit(2, { browser: 1, ms: [40, 50, 60], ask: { kind: "end" }, held: S, shown: view("S", "u1") });
  const logged = { S: live("u1") };

  it("ends the view of other clients that hold the same token, although the session that no client holds is kept", () => {
    const visits = [founded, lost, { ...ending, left: older.left }];
    expect(broken({ visits, truths: logged })).toEqual([]);
    expect(broken({ visits: [...visits, shownAt(70)], truths: logged })).toEqual(["revived"]);
    expect(broken({ visits: [...visits, shownAt(120_051, 1)], truths: logged })).toEqual(["revived"]);
  });

  it("may have no effect if the login was told to any client", () => {
    const visits = [founded, arrived, older, shownAt(120_051, 1)];
    expect(broken({ visits, truths: logged })).toEqual([]);
  });
});

describe("a browser that was told that its session is over", () => {
  const acts = [act(2, "S", { kind: "end" }, [40, 50])];
  const told = visit(4, { ms: [60, 70, 80], held: S, gives: "nothing" });
  const failed = visit(4, {
    ms: [60, 70, 80],
    ask: { kind: "add" },
    held: S,
    shown: view("S", "u1"),
    outcome: "ended",
  });

  it.each([
    ["by an empty page", told],
    ["by a refusal", failed],
  ])("%s is never shown it again", (_how, visited) => {
    expect(broken({ visits: [founded, visited], acts, truths })).toEqual([]);
    expect(broken({ visits: [founded, visited, shownAt(75)], acts, truths })).toEqual([]);
    expect(broken({ visits: [founded, visited, shownAt(90)], acts, truths })).toEqual(["revived"]);
  });
});
