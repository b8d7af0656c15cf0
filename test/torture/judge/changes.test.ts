/** @quick */
import { describe, expect, it } from "vitest";
import { act, broken, held, live, TERMS, trouble, view, visit } from "./stories.ts";

const S = held("S");
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const ending = visit(2, { ms: [40, 50, 60], ask: { kind: "end" }, held: S, shown: view("S", "u1"), gives: "nothing" });

describe("an acknowledged change", () => {
  it("is there in the end, or lost", () => {
    expect(broken({ visits: [founded], truths: { S: live("u1") } })).toEqual([]);
    expect(broken({ visits: [founded], truths: { S: live() } })).toEqual(["lost"]);
  });

  it("is acknowledged though the answer never arrived", () => {
    const unheard = visit(1, { ms: [10, 20], ask: { kind: "add" }, gives: S });
    expect(broken({ visits: [unheard], truths: { S: live() } })).toEqual(["lost"]);
  });

  it("is lost with a session that is gone although it was not ended", () => {
    expect(broken({ visits: [founded], truths: { S: { kind: "none" } }, endMs: 250_000 })).toEqual(["lost"]);
    expect(broken({ visits: [founded], truths: { S: { kind: "ended" } }, endMs: 250_000 })).toEqual(["lost"]);
  });

  it.each([
    ["its visitor", [founded, ending], []],
    ["its visitor, who was not answered", [founded, { ...ending, answered: undefined }], []],
    ["an admin", [founded], [act(3, "S", { kind: "end" }, [70, 80])]],
  ])("is not lost with a session that %s has ended", (_who, visits, acts) => {
    expect(broken({ visits, acts, truths: { S: { kind: "ended" } } } as Parameters<typeof broken>[0])).toEqual([]);
  });

  it("is not lost with a session whose deadline has passed", () => {
    expect(broken({ visits: [founded], truths: { S: { kind: "none" } }, endMs: 300_010 })).toEqual([]);
  });

  it("may be in an older view alone, unless the newer generation was used more than the grace before", () => {
    const next = held("S", 1, 1);
    const login = visit(1, { ms: [10, 20, 30], ask: { kind: "login", principal: "alice", adds: false }, gives: next });
    const use = (shown?: ReturnType<typeof view>) =>
      visit(2, { ms: [40, 50, 60], held: next, ...(shown && { shown: { ...shown, principal: "alice" } }) });
    const change = visit(3, { browser: 1, ms: [70_000, 70_010, 70_020], ask: { kind: "add" }, held: S });
    const judged = (used: ReturnType<typeof use>) => broken({ visits: [login, used, change], truths: { S: live() } });
    expect(judged(use(view("S")))).toContain("lost");
    // This use had a token that says that nothing is stored, so Moor did not ask for the session.
    expect(judged(use())).not.toContain("lost");
  });

  it("beside a rotation may be in the older view alone, if a backup may lag and Redis had failed at the rotation", () => {
    const next = held("S", 1, 1);
    const login = visit(1, { ms: [10, 30, 40], ask: { kind: "login", principal: "alice", adds: false }, gives: next });
    const beside = visit(2, { ms: [20, 60, 70], ask: { kind: "add" }, held: S, jar: [next, next], gives: S });
    const later = visit(3, { ms: [80, 90, 95], held: next, shown: { ...view("S"), principal: "alice" } });
    const failing = (what: string, from: number, until: number) => ({ ...trouble(from, until), what });
    const objects = failing("object from everywhere: down", 50, 65);
    const redis = failing("redis from everywhere: down", 25, 28);
    const judgedBy = (backupMayLag: boolean, ...troubles: (typeof objects)[]) =>
      broken({ visits: [login, beside, later], truths: { S: live() }, troubles, terms: { ...TERMS, backupMayLag } });
    expect(judgedBy(true, redis, objects)).not.toContain("lost");
    expect(judgedBy(true, objects)).toContain("lost");
    expect(judgedBy(false, redis, objects)).toContain("lost");
  });

  it("was not acknowledged if there was no answer, or if the answer was a failure", () => {
    const failed = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, held: S, outcome: "failed" });
    const unanswered = visit(1, { ms: [10], ask: { kind: "add" }, held: S });
    for (const given of [failed, unanswered]) expect(broken({ visits: [given], truths: { S: live() } })).toEqual([]);
  });
});

describe("a change after an acknowledged end", () => {
  const late = visit(3, { browser: 1, ms: [70, 80, 90], ask: { kind: "add" }, held: S, shown: view("S", "u1") });
  const truths = { S: { kind: "ended" as const } };

  it("must not be acknowledged", () =>
    expect(broken({ visits: [founded, ending, late], truths })).toEqual(["accepted-after-end"]));

  it("may be acknowledged, if something failed while the session was ended", () =>
    expect(broken({ visits: [founded, ending, late], truths, troubles: [trouble(0, 45)] })).toEqual([]));

  it("may be acknowledged, if it left before the end", () => {
    const crossing = visit(3, { browser: 1, ms: [45, 80, 90], ask: { kind: "add" }, held: S, shown: view("S", "u1") });
    expect(broken({ visits: [founded, ending, crossing], truths })).toEqual([]);
  });
});
