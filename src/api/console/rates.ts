import { familyOf, labelsOf } from "../../totals/exposition.ts";
import { BUCKETS, type Counts, countOfValues } from "../../totals/tally.ts";
import type { PoolTotals } from "../../upstream/live/pool-contracts.ts";

type Minutes = PoolTotals["minutes"];
type Wanted = Readonly<Record<string, string | ((value: string) => boolean)>>;

const MINUTE_MS = 60_000;
/** How many minutes a plot shows. */
export const PLOTTED_MINUTES = 60;

/** The sum of all series of a metric that have these labels. */
export function sumIn(counts: Counts, metric: string, wanted: Wanted = {}): number {
  let sum = 0;
  for (const [series, count] of Object.entries(counts))
    if (isWanted(series, metric, wanted)) sum += countOfValues(count);
  return sum;
}

/**
 * A quantile of a histogram in seconds, as the upper bound of its bucket: the true value is at most this. `Infinity`: above all bounds;
 * `undefined`: there is no value.
 */
export function quantileIn(counts: Counts, metric: string, wanted: Wanted, quantile: number): number | undefined {
  const buckets = new Array<number>(BUCKETS.length + 1).fill(0);
  for (const [series, count] of Object.entries(counts)) {
    if (typeof count === "number" || !isWanted(series, metric, wanted)) continue;
    for (let at = 0; at <= BUCKETS.length; at++) buckets[at] = (buckets[at] as number) + (count[at] ?? 0);
  }
  const all = buckets.reduce((sum, value) => sum + value, 0);
  if (all === 0) return undefined;
  let sum = 0;
  const at = buckets.findIndex((value) => {
    sum += value;
    return sum >= all * quantile;
  });
  return BUCKETS[at] ?? Infinity;
}

/** The last minute that is over. Reports of an isolate come up to a minute late, so it may still grow. */
export function lastMinute(minutes: Minutes, now: number): Counts {
  const at = Math.floor(now / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  return minutes.find((minute) => minute.at === at)?.counts ?? {};
}

/** The values of the last hour, minute by minute, oldest first; a minute without a report has 0. */
export function byMinute(minutes: Minutes, now: number, countIn: (counts: Counts) => number): readonly number[] {
  return inMinutes(minutes, now, ({ counts }) => countIn(counts)).map((value) => value ?? 0);
}

/** The values of the last hour, minute by minute, oldest first. `undefined`: a minute has no value. */
export function knownByMinute(
  minutes: Minutes,
  now: number,
  valueIn: (counts: Counts) => number | undefined,
): readonly (number | undefined)[] {
  return inMinutes(minutes, now, ({ counts }) => valueIn(counts));
}

/** How many sessions an origin had, minute by minute, oldest first. `undefined`: nobody has counted them in that minute. */
export function boundByMinute(minutes: Minutes, now: number, origin: string): readonly (number | undefined)[] {
  return inMinutes(minutes, now, ({ bound }) => bound && (bound[origin] ?? 0));
}

function inMinutes(minutes: Minutes, now: number, valueIn: (minute: Minutes[number]) => number | undefined) {
  const last = Math.floor(now / MINUTE_MS) - 1;
  const values = new Map(minutes.map((minute) => [Math.floor(minute.at / MINUTE_MS), valueIn(minute)]));
  return Array.from({ length: PLOTTED_MINUTES }, (_, nth) => values.get(last - PLOTTED_MINUTES + 1 + nth));
}

function isWanted(series: string, metric: string, wanted: Wanted): boolean {
  if (familyOf(series) !== metric) return false;
  const labels = labelsOf(series);
  return Object.entries(wanted).every(([name, value]) => {
    const label = labels[name] ?? "";
    return typeof value === "string" ? label === value : value(label);
  });
}
