import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import type { ProbedOrigin, ProbeResult, Verdict } from "../../upstream/live/pool-contracts.ts";

/**
 * The shortest time for which a verdict holds without confirmation. It is renewed at half of this time, and all isolates know of
 * it after 140 s.
 */
const LEAST_LIFE_MS = 600_000;
/** A verdict holds for this many of the longer interval, if that is more. */
const LIFE_INTERVALS = 3;

/**
 * The result for an origin after a probe.
 *
 * A verdict changes after as many consecutive probes as the check demands. For an origin without a verdict, the first probe that
 * passes is enough.
 */
export function afterProbe(
  origin: ProbedOrigin,
  result: ProbeResult,
  check: ResolvedHealthCheck,
  now: number,
): ProbedOrigin {
  const { verdict, against: before } = origin;
  const passed = result.kind === "passed";
  const probed = { ...origin, last: { at: now, result } };
  if (verdict && (verdict.state === "healthy") === passed) {
    return { ...probed, against: 0, verdict: confirmed(verdict, check, now) };
  }
  const against = before + 1;
  const enough = passed ? (verdict ? check.healthyThreshold : 1) : check.unhealthyThreshold;
  if (against < enough) return { ...probed, against };
  const next: Verdict = passed
    ? { state: "healthy", since: now }
    : { state: "unhealthy", since: now, reason: result, until: now + lifeOf(check) };
  return { ...probed, against: 0, verdict: next };
}

function confirmed(verdict: Verdict, check: ResolvedHealthCheck, now: number): Verdict {
  if (verdict.state === "healthy") return verdict;
  const life = lifeOf(check);
  return now < verdict.until - life / 2 ? verdict : { ...verdict, until: now + life };
}

function lifeOf({ intervalSeconds, unhealthyIntervalSeconds }: ResolvedHealthCheck): number {
  return Math.max(LEAST_LIFE_MS, LIFE_INTERVALS * Math.max(intervalSeconds, unhealthyIntervalSeconds) * 1_000);
}

/** The result of a probe, in words for a log. */
export function describeResult(result: ProbeResult): string {
  return result.kind === "status" ? `status ${result.status}` : result.kind;
}
