import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResolvedOrigin } from "../../../src/config/resolved.ts";
import type { Closures, Interval } from "../../../src/upstream/choose/birth.ts";
import { createOrder } from "../../../src/upstream/choose/order.ts";
import { createStepsAt } from "../../../src/upstream/choose/slow-start.ts";
import { choiceFacts, poolConfig } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

const WINDOW = 100;
const time = (seconds: number) => new Date(at(seconds)).toISOString();
const from = (seconds: number): Interval[] => [{ from: time(seconds) }];

/** The steps of origins for sessions born at a time. */
const stepsOf = (...opens: (Interval[] | undefined)[]) => {
  const stepsAt = createStepsAt(
    opens.map((open, i) => ({ id: `o${i}`, open })),
    WINDOW,
  );
  return (born: number) => {
    const steps = stepsAt?.(at(born));
    return steps && [...steps];
  };
};

type Origins = Record<string, Partial<ResolvedOrigin>>;

/** Homes and whole orders of sessions in a pool, by ids. */
function poolOf(origins: Origins, slowStartSeconds = WINDOW) {
  const { origins: plain, ...rest } = poolConfig(Object.keys(origins));
  const own = plain.map((origin) => ({ ...origin, ...origins[origin.id] }));
  const order = createOrder({ ...rest, origins: own, slowStartSeconds });
  return (session: string, born: number, now = 100_000) =>
    order(choiceFacts(session, { bornAt: at(born) }), own.length, at(now)).map((index) => own[index]?.id as string);
}
const sessions = Array.from({ length: 2_000 }, (_, i) => `session-${i}`);

describe("an origin that opens", () => {
  it("has a tenth of its weight in the first tenth of the time, two in the second, all of it in the last", () => {
    const steps = stepsOf(undefined, from(0));
    const second = [0, 9.999, 10, 19.999, 20, 50, 89.999, 90, 99.999].map((born) => steps(born)?.[1]);
    expect(second).toEqual([1, 1, 2, 2, 3, 6, 9, 10, 10]);
    expect(steps(50)?.[0]).toBe(10);
  });

  it("has its whole weight for sessions that were born before and after", () => {
    const steps = stepsOf(undefined, from(0));
    expect([-1, 100, 100_000].map(steps)).toEqual([undefined, undefined, undefined]);
  });

  it("does so at each return, by the last opening before the birth", () => {
    const steps = stepsOf([{ until: time(0) }, { from: time(50), until: time(200) }, { from: time(300) }]);
    expect([-10, 50, 75, 149, 250, 300, 350].map((born) => steps(born)?.[0])).toEqual([undefined, 1, 3, 10, 10, 1, 6]);
  });

  it("does so when an operator restores it, as soon as that is known", () => {
    let closures: Closures | undefined;
    const stepsAt = createStepsAt([{ id: "a" }, { id: "b" }], WINDOW, () => closures);
    const steps = (born: number) => stepsAt?.(at(born))?.join();
    expect(steps(50)).toBe(undefined);
    closures = new Map([
      [
        "b",
        [
          { from: at(0), until: at(30) },
          { from: at(10), until: at(40) },
        ],
      ],
    ]);
    expect([5, 30, 40, 139, 140].map(steps)).toEqual([undefined, undefined, "10,1", "10,10", undefined]);
    closures = new Map([["b", [{ from: at(0) }]]]);
    expect(steps(50)).toBe(undefined);
  });

  it("does not where an interval continues another interval", () => {
    const steps = stepsOf([{ from: time(0), until: time(50) }, { from: time(50) }, { from: time(20) }], from(1_000));
    expect([5, 20, 50, 60].map((born) => steps(born)?.[0])).toEqual([1, 3, 6, 7]);
  });
});

describe("slow start", () => {
  it("costs nothing where it is off, or no origin ever opens", () => {
    expect(createStepsAt([{ id: "a", open: from(0) }], 0)).toBe(undefined);
    const never = [undefined, [{ until: time(0) }], []].map((open, i) => ({ id: `o${i}`, open }));
    expect(createStepsAt(never, WINDOW)).toBe(undefined);
  });

  const openings = fc.array(fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }), {
    minLength: 2,
    maxLength: 8,
  });
  const pools = openings.chain((all) =>
    fc.tuple(...all.map((opening) => fc.tuple(fc.constant(opening), fc.double({ min: 0.1, max: 10, noNaN: true })))),
  );
  const originsOf = (given: [opening: number | undefined, weight: number][]): Origins =>
    Object.fromEntries(
      given.map(([opening, weight], i) => [
        `o${i}`,
        { weight, ...(opening === undefined ? {} : { open: from(opening) }) },
      ]),
    );
  const birth = fc.integer({ min: -400, max: 500 });

  it("moves no session, whenever it is asked, whatever opens after its birth", () => {
    fc.assert(
      fc.property(
        pools,
        birth,
        fc.string(),
        fc.array(fc.integer({ min: 0, max: 500 })),
        (given, born, session, later) => {
          const then = given.filter(([opening]) => opening === undefined || opening <= born);
          fc.pre(then.length > 0);
          const before = poolOf(originsOf(given))(session, born, born);
          // Origins that opened later are at most fallbacks, behind all origins that were open at its birth.
          expect(before[0]).toBe(
            poolOf(originsOf(given.map((it) => (then.includes(it) ? it : [10_000, it[1]]))))(session, born)[0],
          );
          for (const passed of later) expect(poolOf(originsOf(given))(session, born, born + passed)[0]).toBe(before[0]);
        },
      ),
    );
  });

  it("lets a session that is born a step later meet another origin only if that has grown: other weights are untouched", () => {
    fc.assert(
      fc.property(pools, fc.string(), birth, (given, session, born) => {
        fc.pre(given.some(([opening]) => opening === undefined || opening <= born));
        const homes = poolOf(originsOf(given));
        const [one, other] = [homes(session, born)[0], homes(session, born + 10)[0]];
        const growing = given.flatMap(([opening], i) => {
          return opening !== undefined && opening <= born + 10 && born < opening + WINDOW ? [`o${i}`] : [];
        });
        if (one !== other) expect(growing).toContain(other);
      }),
    );
    const homes = poolOf({ a: {}, b: {}, c: { weight: 3 }, new: { weight: 2, open: from(0) } });
    for (let step = 0; step < 12; step++) {
      for (const session of sessions) {
        const [one, other] = [homes(session, step * 10 - 5)[0], homes(session, step * 10 + 5)[0]];
        if (one !== other) expect(other).toBe("new");
      }
    }
  });

  it("is the same in every isolate, in whatever order it lists the origins", () => {
    fc.assert(
      fc.property(pools, fc.string(), birth, (given, session, born) => {
        const entries = Object.entries(originsOf(given));
        const reversed = Object.fromEntries(entries.toReversed());
        expect(poolOf(reversed)(session, born)).toEqual(poolOf(Object.fromEntries(entries))(session, born));
      }),
    );
  });

  it("gives an origin the share that its step says, among the sessions of its birth", () => {
    const homes = poolOf({ a: {}, b: {}, c: {}, new: { open: from(0) } });
    for (const [born, step] of [
      [5, 1],
      [45, 5],
      [95, 10],
      [1_000, 10],
    ] as const) {
      const share = sessions.filter((session) => homes(session, born)[0] === "new").length / sessions.length;
      const weight = step / 10;
      expect(Math.abs(share - weight / (3 + weight))).toBeLessThan(0.03);
    }
  });

  it("changes nothing among origins that open together", () => {
    const together = poolOf({ a: { open: from(0) }, b: { open: from(0) }, c: { open: from(0) } });
    const plain = poolOf({ a: {}, b: {}, c: {} });
    for (const session of sessions) expect(together(session, 35)).toEqual(plain(session, 35));
  });

  it("holds for the fallbacks, too: an ejected origin's sessions go by the steps at their birth", () => {
    const { origins, ...rest } = poolConfig(["a", "b", "new"]);
    const own = origins.map((it) => (it.id === "new" ? { ...it, open: from(0) } : it));
    const order = createOrder({ ...rest, origins: own, slowStartSeconds: WINDOW });
    const orphans = sessions.filter((session) => order(choiceFacts(session, { bornAt: at(5) }), 1, at(5))[0] === 0);
    const second = (session: string) =>
      order(choiceFacts(session, { bornAt: at(5) }), 1, at(500), Uint8Array.of(1, 0, 0))[0];
    const share = orphans.filter((session) => second(session) === 2).length / orphans.length;
    expect(Math.abs(share - 0.1 / 1.1)).toBeLessThan(0.03);
  });

  it("leaves sessions of unknown birth alone: sessions that an application has already", () => {
    const { origins, ...rest } = poolConfig(["a", "new"]);
    const own = origins.map((it) => (it.id === "new" ? { ...it, open: from(0) } : it));
    const order = createOrder({ ...rest, origins: own, slowStartSeconds: WINDOW });
    for (const value of sessions.slice(0, 200)) {
      const homeAt = (second: number) =>
        order(choiceFacts("s", { bornAt: at(second), learned: { value, origin: undefined } }), 1, at(second));
      expect(homeAt(5)).toEqual(homeAt(1_000));
    }
  });
});
