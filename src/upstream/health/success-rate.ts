import type { ResolvedOutlierDetection } from "../../config/resolved.ts";

/** Counts what origins of a pool answer, interval by interval. */
export interface SuccessRates {
  /**
   * Counts a request.
   *
   * @returns the origins whose success rate was an outlier, if an interval has just ended.
   */
  count(index: number, succeeded: boolean, now: number): readonly number[];
}

/** Success rates are compared as whole hundredths of a percent: all that follows is exact. */
const RATE_UNIT = 10_000;
const NONE: readonly number[] = [];

/**
 * Finds origins that answer worse than the other origins do, as in Envoy. In an interval at least `minimumHosts`
 * origins must have had `requestVolume` requests each. An origin is found if its success rate lies more than
 * `stdevFactor` thousandths of the standard deviation below the mean.
 *
 * @param size origins in the pool.
 * @param counts whether an origin is compared at all: ejected origins are not.
 */
export function createSuccessRates(
  config: NonNullable<ResolvedOutlierDetection["successRate"]> & { intervalSeconds: number },
  size: number,
  counts: (index: number) => boolean,
): SuccessRates {
  const { minimumHosts, requestVolume, stdevFactor, intervalSeconds } = config;
  const all = new Uint32Array(size);
  const succeeded = new Uint32Array(size);
  let endsAt = 0;

  function close(): readonly number[] {
    const busy = Array.from(all, (_, index) => index).filter(
      (index) => (all[index] as number) >= requestVolume && counts(index),
    );
    if (busy.length < minimumHosts) return NONE;
    const rates = busy.map((index) => Math.floor(((succeeded[index] as number) * RATE_UNIT) / (all[index] as number)));
    return outliersOf(rates, stdevFactor).map((at) => busy[at] as number);
  }

  return {
    count(index, success, now) {
      let outliers = NONE;
      if (now >= endsAt) {
        outliers = close();
        all.fill(0);
        succeeded.fill(0);
        endsAt = now + intervalSeconds * 1000;
      }
      all[index] = (all[index] as number) + 1;
      if (success) succeeded[index] = (succeeded[index] as number) + 1;
      return outliers;
    },
  };
}

/**
 * Which of some whole numbers lie below their mean minus `stdevFactor / 1000` standard deviations, by their places.
 *
 * With n numbers x and their sum S, `n * (mean - x)` is `S - n * x`. n² times the variance is `n * sum(x²) - S²`. So
 * the squared comparison needs neither a division nor a root.
 */
export function outliersOf(numbers: readonly number[], stdevFactor: number): number[] {
  const count = numbers.length;
  const sum = numbers.reduce((total, number) => total + number, 0);
  const variance = count * numbers.reduce((total, number) => total + number * number, 0) - sum * sum;
  const limit = BigInt(stdevFactor) ** 2n * BigInt(variance);
  return numbers.flatMap((number, place) => {
    const below = sum - count * number;
    return below > 0 && BigInt(below) ** 2n * 1_000_000n > limit ? [place] : [];
  });
}
