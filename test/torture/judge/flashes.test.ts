/** @quick */
import { describe, expect, it } from "vitest";
import type { View } from "../history.ts";
import { broken, held, live, view, visit } from "./stories.ts";

const S = held("S");
const next = held("S", 1, 2);
const truths = { S: live("u1") };
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const rotates = visit(2, {
  ms: [31, 32, 33],
  ask: { kind: "rotate", adds: false },
  held: S,
  shown: view("S", "u1"),
  gives: next,
});
const leaves = (holds: typeof S, ms: number) =>
  visit(3, { browser: 1, ms: [ms, ms + 1, ms + 2], ask: { kind: "flash" }, held: holds, shown: view("S", "u1") });
const shown = (id: number, ms: number, holds: typeof S, sid = "S"): ReturnType<typeof visit> => {
  const seen: View = { ...view(sid, "u1"), flash: { f3: "v3" } };
  return visit(id, { ms: [ms, ms + 1, ms + 2], held: holds, shown: seen });
};

describe("a flash", () => {
  it("is shown once, and not a second time to any client", () => {
    expect(broken({ visits: [founded, leaves(S, 40), shown(4, 50, S)], truths })).toEqual([]);
    expect(broken({ visits: [founded, leaves(S, 40), shown(4, 50, S), shown(5, 60, S)], truths })).toEqual([
      "shown-twice",
    ]);
  });

  it("from before a rotation is shown after it", () =>
    expect(broken({ visits: [founded, leaves(S, 25), rotates, shown(4, 50, next)], truths })).toEqual([]));

  it("that an older generation leaves after a rotation is not shown to the newer one", () =>
    expect(broken({ visits: [founded, rotates, leaves(S, 40), shown(4, 50, next)], truths })).toEqual(["intrusion"]));

  it("of a newer generation is not shown to an older one", () =>
    expect(broken({ visits: [founded, rotates, leaves(next, 40), shown(4, 50, S)], truths })).toContain("fixation"));

  it("is not shown in another session", () =>
    expect(broken({ visits: [founded, leaves(S, 40), shown(4, 50, held("T"), "T")], truths })).toEqual(["fixation"]));
});
