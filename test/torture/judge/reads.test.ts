/** @quick */
import { describe, expect, it } from "vitest";
import type { Ask } from "../schedule.ts";
import { act, broken, held, live, trouble, view, visit } from "./stories.ts";

const S = held("S");
const added = visit(1, { ms: [10, 20, 30], ask: { kind: "add" }, gives: S });
const truths = { S: live("u1") };

describe("a later request of a browser", () => {
  it.each([
    ["that shows what was acknowledged to it", view("S", "u1"), []],
    ["that does not", view("S"), ["stale-read"]],
    ["that does not, and says that it is stale", { ...view("S"), stale: true }, []],
  ])("%s", (_what, shown, kinds) => {
    const later = visit(2, { ms: [40, 50, 60], held: S, shown });
    expect(broken({ visits: [added, later], truths })).toEqual(kinds);
  });

  it("comes after an answer if it left after the answer arrived, and not otherwise", () => {
    const earlier = visit(2, { ms: [25, 50, 60], held: S, shown: view("S") });
    expect(broken({ visits: [added, earlier], truths })).toEqual([]);
  });

  it("must show the attributes that an earlier answer showed, whichever client wrote them", () => {
    const other = visit(1, { browser: 1, ms: [10, 20, 30], ask: { kind: "add" }, held: S, shown: view("S") });
    const read = (id: number, ms: number, ...shown: string[]) =>
      visit(id, { ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", ...shown) });
    expect(broken({ visits: [other, read(2, 40), read(3, 70, "u1")], truths })).toEqual([]);
    expect(broken({ visits: [other, read(2, 40, "u1"), read(3, 70)], truths })).toEqual(["stale-read"]);
  });

  it("need not show the writes of another browser, nor writes from before other cookies were copied over its own", () => {
    const other = visit(2, { browser: 1, ms: [40, 50, 60], held: S, shown: view("S") });
    const planted = visit(3, { epoch: 1, ms: [41, 51, 61], held: S, shown: view("S") });
    expect(broken({ visits: [added, other, planted], truths })).toEqual([]);
  });

  it.each<Ask>([{ kind: "add" }, { kind: "set", register: 0 }])(
    "need not show a change (%o) with an older proof that was put back, but must if the browser had no newer proof",
    (ask) => {
      const [first, second] = [held("S", 1), held("S", 2, 2)];
      const login = visit(2, {
        ms: [10, 20, 30],
        ask: { kind: "login", principal: "alice", adds: false },
        gives: first,
      });
      const again = visit(3, { ms: [40, 60, 90], ask: { kind: "rotate", adds: false }, held: first, gives: second });
      const shown = { ...view("S"), principal: "alice" };
      const later = visit(4, { ms: [100, 110, 120], epoch: 1, held: second, shown });
      const judged = (older: typeof first) => {
        const add = visit(1, { ms: [50, 70, 80], epoch: 1, ask, held: older, gives: older });
        return broken({ visits: [login, again, add, later], truths: { S: live() } });
      };
      expect(judged(held("S", 0))).not.toContain("stale-read");
      expect(judged(first)).toContain("stale-read");
    },
  );

  it("need not show values that an older proof that was put back has shown", () => {
    const first = held("S", 1);
    const login = visit(2, { ms: [10, 20, 30], ask: { kind: "login", principal: "alice", adds: false }, gives: first });
    const byOlder = visit(3, { ms: [40, 50, 60], epoch: 1, held: held("S"), shown: view("S", "u1") });
    const shown = { ...view("S"), principal: "alice" };
    const later = visit(4, { ms: [70, 80, 90], epoch: 1, held: first, shown });
    const judged = (...visits: (typeof login)[]) => broken({ visits: [added, ...visits], truths: { S: live() } });
    expect(judged(login, byOlder, later)).not.toContain("stale-read");
    expect(judged(byOlder, later)).toContain("stale-read");
  });

  it("of the earlier generation need not show an attribute that was added under the next", () => {
    const next = held("S", 1, 2);
    const login = visit(2, {
      ms: [40, 50, 60],
      ask: { kind: "login", principal: "alice", adds: true },
      held: S,
      shown: view("S", "u1"),
      gives: next,
    });
    const later = (generation: number, shown: string[]) =>
      visit(3, {
        ms: [70, 80, 90],
        held: held("S", generation),
        shown: { ...view("S", ...shown), ...(generation > 0 ? { principal: "alice" } : {}) },
      });
    const ended = { S: live("u1", "u2") };
    expect(broken({ visits: [added, login, later(1, ["u1", "u2"])], truths: ended })).toEqual([]);
    expect(broken({ visits: [added, login, later(1, ["u1"])], truths: ended })).toEqual(["stale-read"]);
    // The judge of proofs reports the missing proof.
    expect(broken({ visits: [added, login, later(0, ["u1"])], truths: ended })).toEqual(["login-undone"]);
    const seen = visit(4, {
      ms: [61, 62, 63],
      held: next,
      shown: { ...view("S", "u1", "u2"), principal: "alice" },
    });
    expect(broken({ visits: [added, login, seen, later(0, ["u1"])], truths: ended })).toEqual(["login-undone"]);
  });
});

describe("a change by another client", () => {
  const byAdmin = act(2, "S", { kind: "add" }, [40, 50]);
  const later = (ms: number) => visit(3, { ms: [ms, ms + 10, ms + 20], held: S, shown: view("S", "u1") });
  const ended = { S: live("u1", "u2") };

  it("may stay unseen within the bound, and not beyond it", () => {
    expect(broken({ visits: [added, later(120_000)], acts: [byAdmin], truths: ended })).toEqual([]);
    expect(broken({ visits: [added, later(120_051)], acts: [byAdmin], truths: ended })).toEqual(["unseen"]);
  });

  it("may stay unseen for as long as something fails", () => {
    const visits = [added, later(120_051)];
    expect(broken({ visits, acts: [byAdmin], troubles: [trouble(60_000, 70_000)], truths: ended })).toEqual([]);
  });
});
