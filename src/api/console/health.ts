import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts } from "./facts.ts";

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
