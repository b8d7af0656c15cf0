import { describe, expect, it } from "vitest";
import { broken, held, live, TERMS, view, visit } from "./stories.ts";

describe("a change that the authority has lost", () => {
  const change = visit(1, {
    ask: { kind: "add" },
    ms: [1, 2, 3],
    held: held("s"),
    shown: view("s"),
    gives: held("s", 0, 2),
  });
  const read = (told: object) => visit(2, { ms: [101, 102, 103], held: held("s", 0, 2), shown: view("s"), ...told });
  const truths = { s: live() };

  it("breaks the promise if nobody is told of it", () => {
    expect(broken({ visits: [change, read({})], truths, setBacksMs: [50] })).toContain("lost");
  });

  it("is allowed once the operator has been told", () => {
    expect(broken({ visits: [change, read({ lossToldMs: 102 })], truths, setBacksMs: [50] })).toEqual([]);
  });

  it("breaks the promise of a store that keeps everything acknowledged, although the operator has been told", () => {
    const terms = { ...TERMS, keepsAcknowledged: true } as const;
    expect(broken({ visits: [change, read({ lossToldMs: 102 })], truths, setBacksMs: [50], terms })).toEqual(["lost"]);
  });

  it("is not excused by what was told of another session", () => {
    const other = visit(3, { ms: [110, 111, 112], held: held("t", 0, 2), shown: view("t"), lossToldMs: 111 });
    expect(broken({ visits: [change, read({}), other], truths, setBacksMs: [50] })).toContain("lost");
  });
});

describe("an alarm", () => {
  it("is false if the store was not set back before", () => {
    const read = visit(2, { ms: [101, 102, 103], held: held("s"), shown: view("s"), lossToldMs: 102 });
    expect(broken({ visits: [read], truths: { s: live() }, setBacksMs: [200] })).toEqual(["false-alarm"]);
  });
});
