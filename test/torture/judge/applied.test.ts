/** @quick */
import { describe, expect, it } from "vitest";
import type { Truth } from "../history.ts";
import { act, broken, held, live, view, visit } from "./stories.ts";

const S = held("S");
const founded = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const changed = visit(2, { ms: [40, 50, 60], ask: { kind: "set", register: 0 }, held: S, shown: view("S", "u1") });
const read = visit(3, { ms: [70, 80, 90], held: S, shown: view("S", "u1", "r0=v2") });
const at = (version: number): Truth => ({ ...live("u1", "r0=v2"), version }) as Truth;

describe("a session's version", () => {
  it("is at most the number of its changes, and reads are not changes", () => {
    expect(broken({ visits: [founded, changed, read], truths: { S: at(2) } })).toEqual([]);
    expect(broken({ visits: [founded, changed, read], truths: { S: at(3) } })).toEqual(["applied-twice"]);
  });

  it("counts changes without a visitor, and changes whose answer was lost", () => {
    const acts = [act(4, "S", { kind: "set", register: 1 }, [91, 92])];
    const lost = visit(5, { ms: [93], ask: { kind: "add" }, held: S });
    const truths = { S: { ...live("u1", "r0=v2", "r1=v4"), version: 4 } as Truth };
    expect(broken({ visits: [founded, changed, read, lost], acts, truths })).toEqual([]);
  });

  it("is higher by one when a deadline has ended the session", () => {
    const ended = (version: number): Truth => ({ kind: "ended", version });
    const endMs = 900_000;
    expect(broken({ visits: [founded], truths: { S: ended(2) }, endMs })).toEqual([]);
    expect(broken({ visits: [founded], truths: { S: ended(3) }, endMs })).toEqual(["applied-twice"]);
  });
});
