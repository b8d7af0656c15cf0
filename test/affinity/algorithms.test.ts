import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WeightedOrigin } from "../../src/affinity/affinity.ts";
import { ALGORITHMS, algorithmOf } from "../../src/affinity/algorithms.ts";

const origins = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1, maxLength: 12 }), weight: fc.integer({ min: 0, max: 10 }) }),
  { minLength: 1, maxLength: 12, selector: ({ id }) => id },
);

describe.each(Object.entries(ALGORITHMS))("the algorithm %s", (_name, { create, hasSlowStart }) => {
  const idsOf = (list: readonly WeightedOrigin[], order: readonly number[]) => order.map((index) => list[index]?.id);

  it("orders every origin of a weight above 0 once, and no other origin", () => {
    fc.assert(
      fc.property(origins, fc.string(), (list, key) => {
        const order = create(list).order(key, list.length);
        const weighted = list.flatMap(({ weight }, index) => (weight > 0 ? [index] : []));
        expect([...order].sort((one, other) => one - other)).toEqual(weighted);
      }),
      { numRuns: 30 },
    );
  });

  it("gives the beginning of the same order for a smaller limit, and nothing for a limit below 1", () => {
    fc.assert(
      fc.property(origins, fc.string(), fc.integer({ min: -1, max: 14 }), (list, key, limit) => {
        const affinity = create(list);
        expect(affinity.order(key, limit)).toEqual(affinity.order(key, list.length).slice(0, Math.max(0, limit)));
      }),
      { numRuns: 30 },
    );
  });

  it("passes over ejected origins, and keeps the order of the others", () => {
    fc.assert(
      fc.property(origins, fc.string(), fc.infiniteStream(fc.boolean()), (list, key, coins) => {
        const affinity = create(list);
        const ejected = Uint8Array.from(list, () => (coins.next().value ? 1 : 0));
        const left = affinity.order(key, list.length).filter((index) => ejected[index] === 0);
        expect(affinity.order(key, list.length, ejected)).toEqual(left);
      }),
      { numRuns: 30 },
    );
  });

  it("does not depend on the order in which the origins are listed", () => {
    fc.assert(
      fc.property(
        origins.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        fc.string(),
        ([list, shuffled], key) => {
          const order = create(list).order(key, list.length);
          expect(idsOf(shuffled, create(shuffled).order(key, list.length))).toEqual(idsOf(list, order));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("gives each origin its share of 20,000 keys to within a tenth", () => {
    const list = Array.from({ length: 10 }, (_, index) => ({ id: `app-${index}`, weight: 1 + (index % 3) }));
    const affinity = create(list);
    const counts = new Uint32Array(list.length);
    for (let key = 0; key < 20_000; key++) {
      const [first = 0] = affinity.order(`session-${key}`, 1);
      counts[first] = (counts[first] as number) + 1;
    }
    const all = list.reduce((sum, { weight }) => sum + weight, 0);
    for (const [index, { weight }] of list.entries()) {
      expect(Math.abs((counts[index] as number) / ((20_000 * weight) / all) - 1)).toBeLessThan(0.1);
    }
  });

  it("moves only few of the keys whose origin stays when an origin is removed", () => {
    const list = Array.from({ length: 10 }, (_, index) => ({ id: `app-${index}`, weight: 1 }));
    const before = create(list);
    const after = create(list.slice(1));
    const keys = Array.from({ length: 5_000 }, (_, key) => `session-${key}`);
    const stayed = keys.filter((key) => before.order(key, 1)[0] !== 0);
    const moved = stayed.filter((key) => before.order(key, 1)[0] !== (after.order(key, 1)[0] as number) + 1);
    expect(moved.length / stayed.length).toBeLessThan(0.02);
  });

  it("follows the steps of slow start only if its registration says so", () => {
    const list = ["a", "b"].map((id) => ({ id, weight: 1 }));
    const affinity = create(list);
    const firstsOf = (steps?: Uint8Array) =>
      Array.from({ length: 500 }, (_, key) => affinity.order(`session-${key}`, 1, undefined, steps)[0]);
    const differs = JSON.stringify(firstsOf(Uint8Array.of(1, 10))) !== JSON.stringify(firstsOf());
    expect(differs).toBe(hasSlowStart);
  });

  it.each<[readonly WeightedOrigin[], string]>([
    [[], "origins: found none, accepted: one or more"],
    [["a", "b", "a"].map((id) => ({ id, weight: 1 })), 'origins: found the id "a" twice, accepted: unique ids'],
    [[{ id: "a", weight: -1 }], 'origins: found weight -1 for "a", accepted: finite, 0 or more'],
    [[{ id: "a", weight: Infinity }], 'origins: found weight Infinity for "a", accepted: finite, 0 or more'],
    [[{ id: "a", weight: Number.NaN }], 'origins: found weight NaN for "a", accepted: finite, 0 or more'],
  ])("refuses the origins %j", (list, message) => {
    expect(() => create(list)).toThrow(new TypeError(message));
  });
});

describe("algorithmOf", () => {
  it("knows the registered names and no inherited name", () => {
    expect(algorithmOf("maglev")).toBe(ALGORITHMS.maglev);
    for (const name of ["nginx-hash", "toString", "", undefined]) expect(algorithmOf(name)).toBeUndefined();
  });

  it("gives rendezvous and whrw1 the same orders", () => {
    expect(ALGORITHMS.rendezvous.create).toBe(ALGORITHMS.whrw1.create);
  });
});
