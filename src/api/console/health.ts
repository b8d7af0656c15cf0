import { sumOf } from "../../totals/tally.ts";
import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts } from "./facts.ts";
import { sumIn } from "./rates.ts";

/** The facts by which the health of origins is judged. */
export type HealthFacts = Pick<Extract<PoolFacts, { kind: "known" }>, "pool" | "totals"> & {
  readonly looked: Pick<Extract<PoolFacts, { kind: "known" }>["looked"], "probes">;
};

/** The origins that are ill now, as probes or more than half of the isolates say. The others are not proven to be well. */
export function illOrigins({ pool, looked, totals }: HealthFacts, now: number): ReadonlySet<string> {
  const { heard, ejecting } = totals.isolates;
  const ill = pool.origins.filter(({ id }) => {
    const verdict = looked.probes?.[id]?.verdict;
    const isUnhealthy = verdict?.state === "unhealthy" && now < verdict.until;
    return isUnhealthy || isolatesIn(ejecting[id] ?? {}) * 2 > heard;
  });
  return new Set(ill.map(({ id }) => id));
}

/** For how many minutes a reported answer proves an origin. Isolates report once a minute at most. */
export const PROVEN_MINUTES = 3;

/** The origins that nothing proves: no probe has judged them, and no isolate has reported an answer of theirs lately. */
export function unprovenOrigins({ pool, looked, totals }: HealthFacts, now: number): ReadonlySet<string> {
  const recent = totals.minutes.filter(({ at }) => at > now - PROVEN_MINUTES * 60_000);
  const counts = sumOf(recent.map((minute) => minute.counts));
  const unproven = pool.origins.filter(
    ({ id }) => !looked.probes?.[id]?.verdict && sumIn(counts, "moor_origin_responses_total", { origin: id }) === 0,
  );
  return new Set(unproven.map(({ id }) => id));
}
