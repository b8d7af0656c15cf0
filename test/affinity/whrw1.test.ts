import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeUtf8, fmix32, murmur3 } from "../../src/affinity/murmur3.ts";
import { createWhrw1 } from "../../src/affinity/whrw1.ts";
import vectors from "./vectors.json" with { type: "json" };

interface Weighted {
  readonly id: string;
  readonly weight: number;
}

const hex = (value: number) => value.toString(16).padStart(8, "0");
const hash = (text: string, seed: number) => murmur3(encodeUtf8(text), seed);
const idsOf = (origins: readonly Weighted[], order: number[]) => order.map((index) => origins[index]?.id);

/** The specification word for word: a logarithm for every origin, then a full sort. */
function referenceOrder(origins: readonly Weighted[], key: string, salt = ""): string[] {
  const a = hash(salt + key, 0x9747b28c);
  const b = hash(salt + key, 0x5bd1e995);
  return origins
    .filter(({ weight }) => weight > 0)
    .map(({ id, weight }) => {
      const inner = fmix32((a ^ hash(id, 0x1b873593)) >>> 0) + ((b ^ hash(id, 0x2545f491)) >>> 0);
      const e = (fmix32(inner % 2 ** 32) + 0.5) / 2 ** 32;
      return { id, cost: -Math.log1p(-e) / weight };
    })
    .sort((one, other) => one.cost - other.cost || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
}

const weightOf = fc.oneof(
  fc.constantFrom(0, 1, 2, 0.5, 1_000_000, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.double({ min: 0, max: 1000, noNaN: true }),
);
const idOf = fc.string({ minLength: 1, maxLength: 12 });
const poolOf = (maxLength: number) =>
  fc.uniqueArray(fc.record({ id: idOf, weight: weightOf }), { minLength: 1, maxLength, selector: ({ id }) => id });

describe("the golden vectors of whrw1", () => {
  vectors.whrw1.forEach(({ salt, origins, keys }, group) => {
    describe(`pool ${group + 1}: ${origins.length} origins, salt "${salt}"`, () => {
      it("hashes the ids", () => {
        for (const { id, s0, s1 } of origins) {
          expect([hash(id, 0x1b873593), hash(id, 0x2545f491)].map(hex), id).toEqual([s0, s1]);
        }
      });

      for (const { key, a, b, order } of keys) {
        it(`orders the origins for "${key.slice(0, 24)}"`, () => {
          expect([hash(salt + key, 0x9747b28c), hash(salt + key, 0x5bd1e995)].map(hex)).toEqual([a, b]);
          expect(idsOf(origins, createWhrw1(origins, { salt }).order(key, origins.length))).toEqual(order);
        });
      }
    });
  });
});

describe("order", () => {
  it("is that of the specification computed naively, for any pool, key, salt and limit", () => {
    fc.assert(
      fc.property(poolOf(40), fc.string(), fc.string({ maxLength: 4 }), fc.nat(45), (origins, key, salt, limit) => {
        const expected = referenceOrder(origins, key, salt);
        const order = createWhrw1(origins, { salt }).order(key, limit);
        expect(idsOf(origins, order)).toEqual(expected.slice(0, limit));
      }),
      { numRuns: 500 },
    );
  });

  it("without the ejected is the whole order with these left out", () => {
    fc.assert(
      fc.property(
        poolOf(20),
        fc.string(),
        fc.nat(25),
        fc.infiniteStream(fc.boolean()),
        (origins, key, limit, coins) => {
          const affinity = createWhrw1(origins);
          const ejected = Uint8Array.from(origins, () => (coins.next().value ? 1 : 0));
          const left = affinity.order(key, origins.length).filter((index) => ejected[index] === 0);
          expect(affinity.order(key, limit, ejected)).toEqual(left.slice(0, limit));
        },
      ),
    );
  });

  it("holds every origin once", () => {
    for (const count of [1, 2, 1000]) {
      const order = createWhrw1(pool(count)).order("user-1", count);
      expect([...order].sort((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  it("skips no logarithm that would have mattered", () => {
    for (const [count, keys] of [
      [200, 2000],
      [1000, 50],
    ] as const) {
      const origins = pool(count, (i) => 1 + (i % 5));
      const affinity = createWhrw1(origins);
      for (const key of keysOf(keys)) {
        expect(idsOf(origins, affinity.order(key, 3))).toEqual(referenceOrder(origins, key).slice(0, 3));
      }
    }
  });

  it("does not depend on the order in which the origins are given", () => {
    fc.assert(
      fc.property(
        poolOf(20).chain((origins) =>
          fc.record({
            origins: fc.constant(origins),
            other: fc.shuffledSubarray(origins, { minLength: origins.length }),
          }),
        ),
        fc.string(),
        ({ origins, other }, key) => {
          const order = createWhrw1(origins).order(key, origins.length);
          expect(idsOf(other, createWhrw1(other).order(key, other.length))).toEqual(idsOf(origins, order));
        },
      ),
    );
  });

  it("lets the id that comes first by code unit win a tie", () => {
    // With this weight every cost is infinite, so all origins tie.
    const origins = ["b", "a", "ä", "B", "\u{1f600}", "\uffff"].map((id) => ({ id, weight: Number.MIN_VALUE }));
    const order = createWhrw1(origins).order("user-1", 6);
    expect(idsOf(origins, order)).toEqual(["B", "a", "b", "ä", "\u{1f600}", "\uffff"]);
    expect(idsOf(origins, createWhrw1(origins).order("user-1", 2))).toEqual(["B", "a"]);
  });

  it("is empty when all origins are ejected, all weigh 0, or no origin is asked for", () => {
    const affinity = createWhrw1(pool(3));
    expect(affinity.order("user-1", 3, Uint8Array.of(1, 1, 1))).toEqual([]);
    expect(createWhrw1(pool(3, () => 0)).order("user-1", 3)).toEqual([]);
    expect(affinity.order("user-1", 0)).toEqual([]);
    expect(affinity.order("user-1", -1)).toEqual([]);
  });

  it("is the same however often it is asked, whatever was asked in between", () => {
    const affinity = createWhrw1(pool(10));
    const before = affinity.order("user-1", 10);
    affinity.order("naïve-キー", 3, Uint8Array.of(1, 1, 1));
    expect(affinity.order("user-1", 10)).toEqual(before);
  });
});

describe("movement of 20,000 keys", () => {
  const keys = keysOf(20_000);
  const origins = pool(10, (i) => 1 + (i % 3));
  const firsts = (changed: readonly Weighted[]) => {
    const affinity = createWhrw1(changed);
    return keys.map((key) => changed[affinity.order(key, 1)[0] as number]?.id as string);
  };
  const before = firsts(origins);
  const second = keys.map((key) => referenceOrder(origins, key)[1]);

  it("ejecting an origin moves its keys alone, each to the next of its order", () => {
    const affinity = createWhrw1(origins);
    const ejected = Uint8Array.from(origins, (_, index) => (index === 4 ? 1 : 0));
    let moved = 0;
    keys.forEach((key, i) => {
      const after = origins[affinity.order(key, 1, ejected)[0] as number]?.id;
      expect(after).toBe(before[i] === "app-4" ? second[i] : before[i]);
      if (after !== before[i]) moved++;
    });
    expect(moved).toBeGreaterThan(1000);
  });

  it("removing an origin is the same as ejecting it", () => {
    const after = firsts(origins.filter(({ id }) => id !== "app-4"));
    expect(after).toEqual(before.map((id, i) => (id === "app-4" ? second[i] : id)));
  });

  it("adding an origin moves keys to it alone", () => {
    const after = firsts([{ id: "app-new", weight: 2 }, ...origins]);
    const moved = after.filter((id, i) => id !== before[i]);
    expect(new Set(moved)).toEqual(new Set(["app-new"]));
  });

  it("raising a weight moves keys to that origin alone, lowering it moves its keys alone", () => {
    const reweighted = (weight: number) =>
      firsts(origins.map((origin) => (origin.id === "app-4" ? { ...origin, weight } : origin)));
    const raised = reweighted(4);
    expect(new Set(raised.filter((id, i) => id !== before[i]))).toEqual(new Set(["app-4"]));
    const lowered = reweighted(0.5);
    expect(new Set(before.filter((id, i) => id !== lowered[i]))).toEqual(new Set(["app-4"]));
  });

  it("the dead origin's keys spread over the rest by weight", () => {
    const fallbacks = second.filter((_, i) => before[i] === "app-4");
    const rest = origins.filter(({ id }) => id !== "app-4");
    expect(chiSquare(fallbacks, rest)).toBeLessThan(26.1);
  });
});

describe("shares", () => {
  // The limits are the 99.9 % quantiles of chi-square. The degrees of freedom are the number of origins less one.
  for (const { name, origins, limit } of [
    { name: "equal weights", origins: pool(10), limit: 27.9 },
    { name: "weights of 1 to 5", origins: pool(5, (i) => i + 1), limit: 18.5 },
    { name: "weights far apart", origins: pool(3, (i) => 100 ** i), limit: 13.8 },
    { name: "fifty origins", origins: pool(50, (i) => 1 + (i % 5)), limit: 85.4 },
  ]) {
    it(`match ${name}`, () => {
      const affinity = createWhrw1(origins);
      const firsts = keysOf(50_000).map((key) => origins[affinity.order(key, 1)[0] as number]?.id);
      expect(chiSquare(firsts, origins)).toBeLessThan(limit);
    });
  }

  it("give an origin of weight 0 nothing, not even as the last fallback", () => {
    const affinity = createWhrw1(pool(3, (i) => i));
    for (const key of keysOf(100)) expect(affinity.order(key, 3)).not.toContain(0);
  });

  it("go to other origins under another salt", () => {
    const plain = createWhrw1(pool(10));
    const salted = createWhrw1(pool(10), { salt: "pepper" });
    const same = keysOf(1000).filter((key) => plain.order(key, 1)[0] === salted.order(key, 1)[0]);
    expect(same.length).toBeGreaterThan(50);
    expect(same.length).toBeLessThan(150);
  });
});

function pool(count: number, weight: (i: number) => number = () => 1): Weighted[] {
  return Array.from({ length: count }, (_, i) => ({ id: `app-${i}`, weight: weight(i) }));
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `session-${i}`);
}

function chiSquare(found: readonly (string | undefined)[], origins: readonly Weighted[]): number {
  const total = origins.reduce((sum, { weight }) => sum + weight, 0);
  const counts = new Map<string | undefined, number>();
  for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
  return origins.reduce((sum, { id, weight }) => {
    const expected = (found.length * weight) / total;
    return sum + ((counts.get(id) ?? 0) - expected) ** 2 / expected;
  }, 0);
}
