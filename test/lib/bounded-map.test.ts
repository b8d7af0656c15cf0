import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundedMap } from "../../src/lib/bounded-map.ts";

const LIMIT = 10;

interface Entry {
  readonly weight: number;
}
type Use = { kind: "get" | "set"; key: number; weight: number };

const filled = (uses: readonly Use[]) => {
  const map = new BoundedMap<number, Entry>(LIMIT, ({ weight }) => weight);
  for (const { kind, key, weight } of uses) kind === "get" ? map.get(key) : map.set(key, { weight });
  return map;
};
const useOf = (weight: fc.Arbitrary<number>) =>
  fc.record<Use>({ kind: fc.constantFrom("get", "set"), key: fc.integer({ min: 0, max: 12 }), weight });

describe("a bounded map", () => {
  it("gives back the value that was set, and the newer of two values", () => {
    const map = new BoundedMap<string, number>(LIMIT);
    map.set("a", 1);
    expect([map.get("a"), map.get("b")]).toEqual([1, undefined]);
    map.set("a", 2);
    expect(map.get("a")).toBe(2);
  });

  it("holds as many entries as its limit at least, and twice as many at most", () => {
    const map = new BoundedMap<number, number>(LIMIT);
    for (let key = 0; key < 1000; key++) map.set(key, key);
    const held = Array.from({ length: 1000 }, (_, key) => key).filter((key) => map.get(key) !== undefined);
    expect(held.length).toBeGreaterThanOrEqual(LIMIT);
    expect(held.length).toBeLessThanOrEqual(2 * LIMIT);
    expect(held.at(-1)).toBe(999);
  });

  it("keeps values that are used again and again, whatever comes between", () => {
    const map = new BoundedMap<number, string>(LIMIT);
    map.set(-1, "wanted");
    for (let key = 0; key < 1000; key++) {
      map.set(key, "passing");
      if (key % LIMIT === 0) expect(map.get(-1)).toBe("wanted");
    }
  });

  it("weighs entries when told how", () => {
    const map = new BoundedMap<string, Entry>(LIMIT, ({ weight }) => weight);
    for (const key of ["a", "b", "c"]) map.set(key, { weight: LIMIT });
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([undefined, { weight: LIMIT }, { weight: LIMIT }]);
  });

  it("never holds more than twice its limit, though entries grow when they are replaced", () => {
    const uses = fc.array(useOf(fc.integer({ min: 1, max: LIMIT })), { maxLength: 60 });
    fc.assert(
      fc.property(uses, (given) => {
        const keys = Array.from({ length: 13 }, (_, key) => key);
        // A look is a use, so each has a map of its own.
        const held = keys.map((key) => filled(given).get(key)?.weight ?? 0);
        expect(held.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(2 * LIMIT);
      }),
    );
  });

  it("holds the entries used last, up to its limit", () => {
    fc.assert(
      fc.property(fc.array(useOf(fc.constant(1)), { maxLength: 60 }), (given) => {
        const map = new BoundedMap<number, Entry>(LIMIT);
        const usedLast: number[] = [];
        for (const { kind, key, weight } of given) {
          if (kind === "set") map.set(key, { weight });
          if (kind === "set" || map.get(key)) usedLast.unshift(key);
        }
        for (const key of [...new Set(usedLast)].slice(0, LIMIT)) expect(filled(given).get(key)).toEqual({ weight: 1 });
      }),
    );
  });

  it.each([0, -1, Number.NaN])("refuses the limit %d", (limit) => {
    expect(() => new BoundedMap(limit)).toThrow(TypeError);
    expect(() => new BoundedMap(limit)).toThrow(`limit: found ${limit}, accepted: above 0`);
  });
});
