import type { ResolvedHealthCheck, ResolvedOrigin, ResolvedPool } from "../../config/resolved.ts";

/** An origin that is probed. */
export type ProbeTarget = Pick<ResolvedOrigin, "id" | "url" | "service">;

/** Which origins of a pool are probed, and how, according to the configuration. */
export interface ProbePlan {
  readonly check: ResolvedHealthCheck;
  readonly targets: readonly ProbeTarget[];
}

/**
 * The plan of a pool; `undefined`: its origins are not probed. An origin that is down is never chosen, so it is not
 * probed either.
 */
export function probePlanOf({ healthCheck, origins }: ResolvedPool): ProbePlan | undefined {
  if (!healthCheck) return undefined;
  const targets = origins.filter(({ down }) => !down).map(({ id, url, service }) => ({ id, url, service }));
  return { check: healthCheck, targets };
}

/** Whether two plans are the same, for receivers that are told a plan again and again. */
export function isSamePlan(one: ProbePlan, other: ProbePlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
