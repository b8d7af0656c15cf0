import { HEALTH_CHECK_DEFAULTS } from "./defaults.ts";
import { healthCheckRules, isRecord, statusRules } from "./grammar.ts";
import { type Item, itemsOf } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";

/** What is wrong between the values of a pool's health check. */
export function healthCheckMistakes({ value, path }: Item): Mistake[] {
  const { healthCheck: given } = value;
  if (!isRecord(given)) return [];
  const at = `${path}.healthCheck`;
  const mistakes = itemsOf(given, "expectedStatuses", at).flatMap(emptyRange);
  const { intervalSeconds = HEALTH_CHECK_DEFAULTS.intervalSeconds, timeoutMs } = given;
  const { unhealthyIntervalSeconds = intervalSeconds } = given;
  const isRight =
    healthCheckRules.intervalSeconds.accepts(intervalSeconds) &&
    healthCheckRules.unhealthyIntervalSeconds.accepts(unhealthyIntervalSeconds) &&
    healthCheckRules.timeoutMs.accepts(timeoutMs);
  if (!isRight) return mistakes;
  const mostMs = Math.min(intervalSeconds, unhealthyIntervalSeconds) * 1_000;
  if (timeoutMs <= mostMs) return mistakes;
  const accepted = `10 to ${mostMs}, the shorter interval`;
  return [...mistakes, { path: `${at}.timeoutMs`, found: describe(timeoutMs), accepted }];
}

function emptyRange({ value: { start, end }, path }: Item): Mistake[] {
  if (!statusRules.start.accepts(start) || !statusRules.end.accepts(end) || start < end) return [];
  return [{ path: `${path}.end`, found: describe(end), accepted: `${start + 1} to 600, as start is ${start}` }];
}
