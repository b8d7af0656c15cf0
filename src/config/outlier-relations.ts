import { OUTLIER_DEFAULTS, SUCCESS_RATE_DEFAULTS } from "./defaults.ts";
import { isRecord, outlierRules, successRateRules } from "./grammar.ts";
import type { Item } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";

/** What is wrong between the values of a pool's outlier detection, and with its origins. */
export function outlierMistakes({ value, path }: Item): Mistake[] {
  const { outlierDetection: given, origins } = value;
  if (!isRecord(given)) return [];
  const { baseEjectionSeconds: base = OUTLIER_DEFAULTS.baseEjectionSeconds, maxEjectionSeconds: most } = given;
  const { successRate } = given;
  const mistakes: Mistake[] = [];
  const at = `${path}.outlierDetection`;
  const isRight = outlierRules.baseEjectionSeconds.accepts(base) && outlierRules.maxEjectionSeconds.accepts(most);
  if (isRight && most < base) {
    const accepted = `${base} to 86400, as baseEjectionSeconds is ${base}`;
    mistakes.push({ path: `${at}.maxEjectionSeconds`, found: describe(most), accepted });
  }
  if (!isRecord(successRate) || !Array.isArray(origins)) return mistakes;
  const { minimumHosts = SUCCESS_RATE_DEFAULTS.minimumHosts } = successRate;
  if (successRateRules.minimumHosts.accepts(minimumHosts) && minimumHosts > origins.length) {
    const found = successRate.minimumHosts === undefined ? `the default, ${minimumHosts}` : describe(minimumHosts);
    const accepted = `at most ${origins.length}, the origins of the pool; else no rate is ever compared`;
    mistakes.push({ path: `${at}.successRate.minimumHosts`, found, accepted });
  }
  return mistakes;
}
