import { describe, expect, it } from "vitest";
import { addTo, countOf, emptySketch, isSketch, mergeInto, type Sketch } from "../../../src/upstream/live/sketch.ts";

const keysOf = (seed: number, count: number) => Array.from({ length: count }, (_, i) => `key-${seed}-${i}`);
function sketchOf(keys: readonly string[]): Sketch {
  const sketch = emptySketch();
  for (const key of keys) addTo(sketch, key);
  return sketch;
}

describe("a sketch", () => {
  it.each([1, 10, 100, 1_000, 3_000, 10_000, 100_000])("counts %i keys to a tenth, or to one key", (count) => {
    const seeds = count > 10_000 ? [1, 2] : [1, 2, 3, 4, 5, 6, 7, 8];
    const errors = seeds.map((seed) => Math.abs(countOf(sketchOf(keysOf(seed, count))) - count));
    expect(Math.max(...errors)).toBeLessThanOrEqual(Math.max(1, count / 10));
  });

  it("counts no keys as 0, and never 0 for any key", () => {
    expect(countOf(emptySketch())).toBe(0);
    for (const key of keysOf(9, 500)) expect(countOf(sketchOf([key]))).toBeGreaterThan(0);
  });

  it("counts a key once, however often it is shown, and whichever isolate has seen it", () => {
    const keys = keysOf(1, 2_000);
    const [some, others] = [sketchOf(keys.slice(0, 1_500)), sketchOf(keys.slice(500))];
    expect(mergeInto(some, others)).toBe(true);
    expect(some).toEqual(sketchOf([...keys, ...keys]));
    expect(mergeInto(some, others)).toBe(false);
  });

  it("is told from a value that is not a sketch", () => {
    expect(isSketch(emptySketch())).toBe(true);
    for (const other of [undefined, "x", new Uint8Array(7), Array.from(emptySketch())])
      expect(isSketch(other)).toBe(false);
  });
});
