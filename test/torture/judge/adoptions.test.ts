/** @quick */
import { describe, expect, it } from "vitest";
import { broken, held, live, view, visit } from "./stories.ts";

const S = held("S");
const seen = { ...view("S", "old=o1"), principal: "alice" };
const truths = { S: { ...live("old=o1"), principal: "alice" } };
/** The visitor arrives with the old cookie alone. */
const arrives = visit(1, { ms: [10, 20, 30], old: "alice", shown: seen, gives: S });
const uses = visit(2, { ms: [40, 50, 60], old: "alice", held: S, shown: seen });
const byOldCookie = (left: number, told: object) =>
  visit(3, { browser: 1, ms: [left, left + 1, left + 2], old: "alice", ...told });

describe("the cookie of an old application", () => {
  it("shows its session, with the person who has logged in there", () => {
    expect(broken({ visits: [arrives, uses], truths })).toEqual([]);
    const stranger = visit(1, { ms: [10, 20, 30], old: "bob", shown: seen, gives: S });
    expect(broken({ visits: [stranger], truths })).toEqual(["fixation"]);
  });

  it("makes one session", () => {
    const twice = byOldCookie(25, { shown: { ...view("T", "old=o1"), principal: "alice" }, gives: held("T") });
    expect(broken({ visits: [arrives, twice], truths })).toEqual(["adopted-twice", "adopted-twice"]);
  });

  it("shows no session of another cookie", () => {
    const other = byOldCookie(35, { shown: { ...view("S", "old=o2"), principal: "alice" }, gives: S });
    expect(broken({ visits: [other], truths })).toContain("fixation");
  });

  it("opens the session for the grace after its token was used, and no longer", () => {
    const within = byOldCookie(30_000, { shown: seen, gives: S });
    expect(broken({ visits: [arrives, uses, within], truths })).toEqual([]);
    const late = byOldCookie(32_100, { shown: seen, gives: S });
    expect(broken({ visits: [arrives, uses, late], truths })).toEqual(["overdue"]);
  });

  it("opens no session that was rotated", () => {
    const rotates = visit(2, {
      ms: [40, 50, 60],
      ask: { kind: "rotate", adds: false },
      held: S,
      shown: seen,
      gives: held("S", 1, 2),
    });
    expect(broken({ visits: [arrives, rotates, byOldCookie(70, { shown: seen, gives: S })], truths })).toEqual([
      "fixation",
    ]);
  });

  it("is not refused, unless the token was used or the session may have ended", () => {
    const refused = byOldCookie(100, { gives: held("N", 0, 0) });
    expect(broken({ visits: [arrives, refused], truths })).toEqual(["false-logout"]);
    expect(broken({ visits: [arrives, uses, refused], truths })).toEqual([]);
    const ends = visit(2, { ms: [40, 50, 60], ask: { kind: "end" }, old: "alice", shown: seen, gives: "nothing" });
    expect(broken({ visits: [arrives, ends, refused], truths: { S: { kind: "ended" } } })).toEqual([]);
  });
});
