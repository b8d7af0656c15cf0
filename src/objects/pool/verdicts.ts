import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import type { ProbedOrigin, ProbeResult, Verdict } from "../../upstream/live/pool-contracts.ts";

/** The shortest time that a verdict holds without being confirmed. It is renewed at half of it, and takes 140 s to be known to all. */
const LEAST_LIFE_MS = 600_000;
/** Of the longer interval, if that is more. */
const LIFE_INTERVALS = 3;

/**
 * What is known of an origin after a probe.
 *
 * Rise and fall are as many probes running as the check says; the first that passes is enough for one of which nothing was known.
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

/** What a probe has met, in words for a log. */
export function describeResult(result: ProbeResult): string {
  return result.kind === "status" ? `status ${result.status}` : result.kind;
}
