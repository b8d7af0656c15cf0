import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outliersOf } from "../../../src/upstream/health/success-rate.ts";

describe("outliers", () => {
  it("lie more than the factor's share of the standard deviation below the mean", () => {
    // The mean is 96 and the standard deviation 8. If one of 5 origins deviates, it lies two deviations below the mean.
    const rates = [100, 100, 100, 100, 80];
    expect(outliersOf(rates, 1_900)).toEqual([4]);
    expect(outliersOf(rates, 1_999)).toEqual([4]);
    expect(outliersOf(rates, 2_000)).toEqual([]);
  });

  it("are never above the mean, and there are none among equals", () => {
    expect(outliersOf([0, 0, 0, 0, 0, 100], 0)).toEqual([0, 1, 2, 3, 4]);
    expect(outliersOf([0, 0, 0, 0, 0, 100], 1_900)).toEqual([]);
    expect(outliersOf([70, 70, 70], 0)).toEqual([]);
  });

  it("are the same as by the formula with division and root, where rounding leaves no doubt", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { minLength: 2, maxLength: 50 }),
        fc.integer({ min: 0, max: 4_000 }),
        (all, factor) => {
          const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
          const deviation = Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / all.length);
          const limit = mean - (deviation * factor) / 1_000;
          fc.pre(all.every((one) => Math.abs(one - limit) > 1e-6));
          expect(outliersOf(all, factor)).toEqual(all.flatMap((one, place) => (one < limit ? [place] : [])));
        },
      ),
    );
  });
});
