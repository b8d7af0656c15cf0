import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contentOf,
  FOLD_AFTER_MS,
  join,
  NO_HORIZON,
  newestStamp,
  type Operation,
  type State,
  split,
  stampAfter,
  withoutVainRemovals,
  written,
} from "../../src/session/states.ts";
import { PROMISED, playBrowsers, type TakenAway } from "./browser-model.ts";

const EMPTY: State = {
  version: 0,
  bornAt: 0,
  touchedAt: 0,
  idleDeadline: 10,
  absoluteDeadline: 100,
  returned: false,
  horizon: NO_HORIZON,
  attributes: {},
  flashes: [],
  operations: [],
};
const operation = (id: string, at: number, more: Partial<Operation> = {}): Operation => {
  return { id, at, patches: [{ [id]: at }], flash: [], takes: [], ...more };
};

/** States as parallel responses leave them, within five seconds. Each has carried the first state, and some of the others. */
const jars = fc
  .record({
    before: fc.array(fc.nat(12_000), { maxLength: 4 }),
    parallel: fc.array(fc.record({ carries: fc.nat(7), shares: fc.boolean(), afterMs: fc.nat(600) }), { maxLength: 7 }),
  })
  .map(({ before, parallel }) => {
    let now = 1_000_000;
    const write = (carried: State, id: string, shares: boolean) =>
      written(
        carried,
        operation(id, stampAfter(carried, now), { patches: [{ [id]: 1, ...(shares ? { shared: id } : {}) }] }),
      );
    let first = EMPTY;
    for (const [index, afterMs] of before.entries()) {
      now += afterMs;
      first = write(first, `b${index}`, index % 2 === 0);
    }
    const states: [State, ...State[]] = [first];
    for (const [index, { carries, shares, afterMs }] of parallel.entries()) {
      now += afterMs;
      const others = states.slice(1).filter((_, other) => (carries >> (other % 3)) & 1);
      states.push(write(join([first, ...others]), `p${index}`, shares));
    }
    return states;
  });

describe("states that a request joins", () => {
  it("give the same content in any order, and if one of them is joined twice", () => {
    fc.assert(
      fc.property(jars, (states) => {
        const [last, ...others] = [...states].reverse() as [State, ...State[]];
        const content = contentOf(join(states));
        expect(contentOf(join([last, ...others]))).toEqual(content);
        expect(contentOf(join([...states, last]))).toEqual(content);
      }),
    );
  });

  it("have a version above each version that a response has told", () => {
    const one = { ...EMPTY, version: 4 };
    expect(join([one, { ...EMPTY, version: 2 }]).version).toBe(5);
    expect(join([one]).version).toBe(4);
  });

  it("have the latest touch of any of them", () => {
    const touched = { ...EMPTY, touchedAt: 5, idleDeadline: 15, returned: true };
    expect(join([touched, { ...EMPTY, horizon: 3 }])).toMatchObject({ touchedAt: 5, idleDeadline: 15, returned: true });
  });
});

describe("a state that replaces others", () => {
  it("has the content of those and of its own operation", () => {
    fc.assert(
      fc.property(jars, (states) => {
        const carried = join(states);
        expect(contentOf(written(carried))).toEqual(contentOf(carried));
        const own = operation("own", stampAfter(carried, 0), { patches: [{ own: 1, shared: "own" }] });
        expect(contentOf(written(carried, own)).attributes).toEqual({
          ...contentOf(carried).attributes,
          own: 1,
          shared: "own",
        });
      }),
    );
  });

  it("has it also as several states that are small", () => {
    fc.assert(
      fc.property(jars, (states) => {
        const carried = join(states);
        const own = operation("own", stampAfter(carried, 0));
        const parts = split(carried, own, ({ operations }) => operations.length <= 1);
        expect(parts.every(({ operations }) => operations.length <= 1)).toBe(true);
        expect(contentOf(join(parts as [State, ...State[]]))).toEqual(contentOf(written(carried, own)));
      }),
    );
  });

  it("merges an operation into the attributes once it is seven seconds older than the newest that was carried", () => {
    const old = operation("old", 1_000);
    const carry = (at: number) => ({ ...EMPTY, operations: [old, operation("newest", at)] });
    expect(written(carry(1_000 + FOLD_AFTER_MS - 1)).operations.map(({ id }) => id)).toEqual(["old", "newest"]);
    const folded = written(carry(1_000 + FOLD_AFTER_MS));
    expect([folded.attributes, folded.operations.map(({ id }) => id)]).toEqual([{ old: 1_000 }, ["newest"]]);
    // Its own operation was not carried, so an earlier write of the same request moves no horizon.
    const own = operation("own", 1_000_000);
    expect(written(carry(1_001), own).operations).toHaveLength(3);
    expect(
      written({ ...EMPTY, operations: [old, own] }, operation("second", 1_000_001), 1_000).operations,
    ).toHaveLength(3);
  });

  it("does not grow while one attribute is written again and again", () => {
    let state = EMPTY;
    for (let n = 0; n < 50; n++) {
      const own = operation(`o${n}`, stampAfter(state, n * 500), { patches: [{ draft: `${n}`.padEnd(300, "x") }] });
      state = written(state, own);
      expect(JSON.stringify(state).length).toBeLessThan(700);
    }
  });

  it("keeps nothing of an attribute that a younger operation replaces", () => {
    const text = "x".repeat(300);
    const draft = operation("draft", 1_000, { patches: [{ draft: text, other: 1 }] });
    const folded = written({ ...EMPTY, operations: [draft, operation("newest", 9_000)] });
    expect(folded.attributes).toEqual({ draft: text, other: 1 });
    const again = written(folded, operation("again", 9_500, { patches: [{ draft: "y" }] }));
    expect(again.attributes).toEqual({ other: 1 });
    expect(contentOf(again).attributes).toMatchObject({ draft: "y", other: 1 });
  });

  it("orders a change after what its request was shown, although that came from a clock that is ahead", () => {
    const ahead = operation("ahead", 60_000, { patches: [{ shared: "ahead" }] });
    const carried = { ...EMPTY, operations: [ahead] };
    // Another response has carried the same state, and has left the attribute alone.
    const beside = written(carried, operation("beside", stampAfter(carried, 10)));
    const after = written(carried, operation("after", stampAfter(carried, 10), { patches: [{ shared: "after" }] }));
    expect(newestStamp(carried)).toBe(60_000);
    expect(contentOf(join([after, beside])).attributes.shared).toBe("after");
    expect(contentOf(join([beside, after])).attributes.shared).toBe("after");
  });
});

describe("a flash", () => {
  const left = written(EMPTY, operation("left", 1_000, { flash: [{ notice: "Saved." }] }));
  const take = (state: State, at: number, takes: readonly string[]) =>
    written(state, operation("take", at, { patches: [], takes }));

  it("is gone for every request that carries the state of the request that took it", () => {
    const taken = take(left, 2_000, ["left"]);
    expect(contentOf(left).flash).toEqual({ notice: "Saved." });
    expect(contentOf(taken)).not.toHaveProperty("flash");
    expect(contentOf(join([left, taken]))).not.toHaveProperty("flash");
    const later = written({ ...taken, operations: [...taken.operations, operation("later", 90_000)] });
    expect([later.flashes, later.operations.map(({ id }) => id)]).toEqual([[], ["later"]]);
  });

  it("stays if a parallel request has taken another one only", () => {
    const beside = written(left, operation("beside", 1_500, { flash: [{ hint: "Look." }] }));
    const taken = take(left, 2_000, ["left"]);
    expect(contentOf(join([beside, taken])).flash).toEqual({ hint: "Look." });
  });
});

describe("a removal", () => {
  it("of a member that does not exist adds nothing to an operation", () => {
    expect(withoutVainRemovals([{ a: null, b: null, c: 1 }, { c: null }], { a: 1 })).toEqual([
      { a: null, c: 1 },
      { c: null },
    ]);
  });
});

describe("a browser with parallel requests that take up to a minute to the edge, and clocks that are a second apart", () => {
  it("loses no acknowledged change, and is shown each change that has arrived", () => {
    expect(playBrowsers(1_500)).toMatchObject({ broken: 0, lost: 0, overwritten: 0, unseen: 0 });
  });

  it.each<[TakenAway, number]>([
    ["horizon of what was carried", 500],
    ["seven seconds", 10],
    ["names of their own", 500],
  ])("loses changes without the rule of %s", (rule, least) => {
    expect(playBrowsers(1_500, PROMISED, rule).lost).toBeGreaterThan(least);
  });

  it("loses changes if responses take longer than is assumed", () => {
    expect(playBrowsers(1_500, { ...PROMISED, downMs: 30_000 }).lost).toBeGreaterThan(0);
  });
});
