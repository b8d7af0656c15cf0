/** Upper bounds of the buckets of each histogram, in seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * A counter; or a histogram: how many values fell into each bucket of {@link BUCKETS}, how many were larger, and the sum of all
 * values.
 */
export type Count = number | readonly number[];

/** Counts by series, such as `moor_requests_total{pool="shop"}`. */
export type Counts = Readonly<Record<string, Count>>;

/** The counts of an isolate, and the part of them that it has not reported yet. */
export interface Tally {
  add(series: string, amount?: number): void;
  /** Adds a value, in seconds, to a histogram. */
  observe(series: string, seconds: number): void;
  /** All that was counted. */
  all(): Counts;
  /** All that was counted and is in no report. From now on it is in a report. */
  report(): Counts;
}

/** Begins to count. */
export function createTally(): Tally {
  const counted = new Map<string, number | number[]>();
  let reported: Counts = {};

  return {
    add(series, amount = 1) {
      counted.set(series, ((counted.get(series) as number | undefined) ?? 0) + amount);
    },
    observe(series, seconds) {
      let values = counted.get(series) as number[] | undefined;
      if (!values) {
        values = Array.from({ length: BUCKETS.length + 2 }, () => 0);
        counted.set(series, values);
      }
      const at = BUCKETS.findIndex((bound) => seconds <= bound);
      const bucket = at < 0 ? BUCKETS.length : at;
      values[bucket] = (values[bucket] as number) + 1;
      values[BUCKETS.length + 1] = (values[BUCKETS.length + 1] as number) + seconds;
    },
    all: () => copyOf(counted),
    report() {
      const before = reported;
      reported = copyOf(counted);
      return difference(reported, before);
    },
  };
}

/** The sum of two counts of the same series. */
export function plus(one: Count | undefined, other: Count): Count {
  return combined(one, other, (a, b) => a + b);
}

/** The sums of all series. */
export function sumOf(all: readonly Counts[]): Counts {
  const sums: Record<string, Count> = {};
  for (const counts of all) {
    for (const [series, count] of Object.entries(counts)) sums[series] = plus(sums[series], count);
  }
  return sums;
}

/** How many values a histogram has. */
export function countOfValues(count: Count): number {
  return typeof count === "number" ? count : count.slice(0, -1).reduce((sum, value) => sum + value, 0);
}

function difference(now: Counts, before: Counts): Counts {
  const changed: Record<string, Count> = {};
  for (const [series, count] of Object.entries(now)) {
    const risen = combined(before[series], count, (a, b) => b - a);
    if (typeof risen === "number" ? risen !== 0 : risen.some((value) => value !== 0)) changed[series] = risen;
  }
  return changed;
}

function combined(one: Count | undefined, other: Count, combine: (a: number, b: number) => number): Count {
  if (typeof other === "number") return combine(typeof one === "number" ? one : 0, other);
  const values = Array.isArray(one) ? (one as readonly number[]) : [];
  return other.map((value, at) => combine(values[at] ?? 0, value));
}

function copyOf(counted: ReadonlyMap<string, number | number[]>): Counts {
  return Object.fromEntries(
    Array.from(counted, ([series, count]) => [series, typeof count === "number" ? count : count.slice()]),
  );
}
