/** @quick */
import { describe, expect, it } from "vitest";
import { broken, held, live, view, visit } from "./stories.ts";

const S = held("S");
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const truths = { S: live("u1") };
const seen = (ms: number, id = 2) => visit(id, { ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", "u1") });

describe("a session", () => {
  it("is shown until its idle timeout, plus the time by which touches may be late", () => {
    expect(broken({ visits: [founded, seen(662_020)], truths })).toEqual([]);
    expect(broken({ visits: [founded, seen(662_021)], truths })).toEqual(["overdue"]);
  });

  it("lives on when it is used", () =>
    expect(broken({ visits: [founded, seen(300_000), seen(900_000, 3)], truths })).toEqual([]));

  it("is shown until its absolute timeout, however it is used", () => {
    const used = Array.from({ length: 8 }, (_, index) => seen(400_000 * (index + 1), 2 + index));
    expect(broken({ visits: [founded, ...used, seen(3_602_020, 20)], truths })).toEqual([]);
    expect(broken({ visits: [founded, ...used, seen(3_602_021, 20)], truths })).toEqual(["overdue"]);
  });
});
