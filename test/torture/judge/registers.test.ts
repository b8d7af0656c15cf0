/** @quick */
import { describe, expect, it } from "vitest";
import type { Ask } from "../schedule.ts";
import { act, broken, held, live, trouble, view, visit } from "./stories.ts";

const S = held("S");
const SET: Ask = { kind: "set", register: 0 };
const REMOVE: Ask = { kind: "remove", register: 0 };
const write = (id: number, ask: Ask, ms: number, browser = 0, shown = "") =>
  visit(id, { browser, ms: [ms, ms + 5, ms + 9], ask, held: S, shown: view("S", ...(shown ? [shown] : [])) });
const read = (id: number, ms: number, shown: string, browser = 0) =>
  visit(id, { browser, ms: [ms, ms + 5, ms + 9], held: S, shown: view("S", ...(shown ? [shown] : [])) });

describe("a register in the end", () => {
  const visits = [write(1, SET, 10), write(2, SET, 20, 0, "r0=v1")];

  it("has the last value that was acknowledged", () =>
    expect(broken({ visits, truths: { S: live("r0=v2") } })).toEqual([]));
  it("does not have an earlier value", () =>
    expect(broken({ visits, truths: { S: live("r0=v1") } })).toEqual(["lost"]));
  it("is not empty when nothing has removed it", () =>
    expect(broken({ visits, truths: { S: live() } })).toEqual(["lost", "lost"]));

  it("may have either of two overlapping values", () => {
    const overlapping = [write(1, SET, 10), write(2, SET, 12, 1)];
    for (const last of ["r0=v1", "r0=v2"])
      expect(broken({ visits: overlapping, truths: { S: live(last) } })).toEqual([]);
  });

  it("is empty after a removal, unless the removal came before", () => {
    const removed = [write(1, SET, 10), write(2, REMOVE, 20, 0, "r0=v1")];
    expect(broken({ visits: removed, truths: { S: live() } })).toEqual([]);
    expect(broken({ visits: removed, truths: { S: live("r0=v1") } })).toEqual(["lost"]);
    const setAgain = [...removed, write(3, SET, 30)];
    expect(broken({ visits: setAgain, truths: { S: live() } })).toEqual(["lost"]);
  });

  it("may have been overwritten by an unacknowledged change", () => {
    const unanswered = visit(2, { ms: [20], ask: SET, held: S });
    expect(broken({ visits: [write(1, SET, 10), unanswered], truths: { S: live("r0=v2") } })).toEqual([]);
  });
});

describe("the order of two clients' values", () => {
  const visits = [write(1, SET, 10), write(2, SET, 20, 1)];
  const truths = { S: live("r0=v1") };

  it("is that of time", () => expect(broken({ visits, truths })).toEqual(["lost"]));
  it("is open while something fails: the first may wait in the journal", () =>
    expect(broken({ visits, truths, troubles: [trouble(0, 12)] })).toEqual([]));
  it("is that of time again when all has been well for long", () => {
    const later = [write(1, SET, 10), write(2, SET, 130_000, 1)];
    expect(broken({ visits: later, truths, troubles: [trouble(0, 12)] })).toEqual(["lost"]);
  });

  it("is that of time for an admin's change, because it looks at the journal first", () => {
    const acts = [act(2, "S", { kind: "set", register: 0 }, [20, 30])];
    expect(broken({ visits: [write(1, SET, 10)], acts, truths, troubles: [trouble(0, 12)] })).toEqual(["lost"]);
  });

  it("is that of the browser that has seen the first", () => {
    const seen = [write(1, SET, 10), read(3, 20, "r0=v1", 1), write(2, SET, 40, 1, "r0=v1")];
    expect(broken({ visits: seen, truths, troubles: [trouble(0, 12)] })).toEqual(["lost"]);
  });
});

describe("a browser", () => {
  const truths = { S: live("r0=v2") };
  const visits = [write(1, SET, 10), write(2, SET, 20, 0, "r0=v1")];

  it("is shown its own last value, and no older one", () => {
    expect(broken({ visits: [...visits, read(3, 30, "r0=v2")], truths })).toEqual([]);
    expect(broken({ visits: [...visits, read(3, 30, "r0=v1")], truths })).toEqual(["stale-read"]);
    expect(broken({ visits: [...visits, read(3, 30, "")], truths })).toEqual(["stale-read"]);
  });

  it("is not shown a value again that it has seen overwritten by another client", () => {
    const overlapping = [write(1, SET, 10, 1), write(2, SET, 12, 2), read(3, 30, "r0=v1"), read(4, 40, "r0=v2")];
    expect(broken({ visits: overlapping, truths })).toEqual([]);
    expect(broken({ visits: [...overlapping, read(5, 50, "r0=v1")], truths })).toEqual(["stale-read"]);
  });

  it("is not shown a value again that it has seen removed: the change was applied twice", () => {
    const removed = [write(1, SET, 10, 1), write(2, REMOVE, 12, 2), read(3, 30, "r0=v1"), read(4, 40, "")];
    expect(broken({ visits: removed, truths: { S: live() } })).toEqual([]);
    const again = [...removed, read(5, 50, "r0=v1")];
    expect(broken({ visits: again, truths: { S: live() } })).toEqual(["stale-read"]);
  });

  it("may see an older value than another browser was shown before", () =>
    expect(broken({ visits: [...visits, read(3, 30, "r0=v1", 1)], truths })).toEqual([]));
});

describe("a change that failed", () => {
  const failed = (...ms: [answered: number, arrived?: number]) =>
    visit(1, { ms: [10, ...ms], ask: SET, held: S, shown: view("S"), outcome: "failed" });
  const truths = { S: live("r0=v1") };

  it("may take effect after its answer, although its browser has changed the same register since", () =>
    expect(broken({ visits: [failed(16, 20), write(2, SET, 9_000)], truths })).toEqual([]));
  it("takes no effect before changes that its browser makes after it has expired everywhere", () =>
    expect(broken({ visits: [failed(16, 20), write(2, SET, 10_020)], truths })).toEqual(["lost"]));
  it("may take effect later if its answer was lost, because its browser does not know when it was made", () =>
    expect(broken({ visits: [failed(16), write(2, SET, 10_020)], truths })).toEqual([]));
});
