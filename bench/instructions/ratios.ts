import type { ContestantName } from "./contestants.ts";
import type { Cost } from "./count.ts";

/** Each ratio, with the contestants whose core instructions it compares. */
export const RATIOS = {
  cleanReadOverRules: ["cleanRead", "rules"],
  anonymousOverPassThrough: ["anonymous", "passThrough"],
  strictOverObjectCall: ["strictRead", "objectCall"],
  changeOverObjectWrite: ["change", "objectWrite"],
  backedUpChangeOverChange: ["backedUpChange", "change"],
} as const satisfies Record<string, readonly [ContestantName, ContestantName]>;

export type RatioName = keyof typeof RATIOS;

/** The cost of each contestant that was counted. */
export type Costs = Readonly<Partial<Record<ContestantName, Cost>>>;

/** The ratios of core instructions whose contestants were both counted. */
export function ratiosOf(costs: Costs): Partial<Record<RatioName, number>> {
  return Object.fromEntries(
    Object.entries(RATIOS).flatMap(([name, [one, other]]) => {
      const [dividend, divisor] = [costs[one], costs[other]];
      return dividend && divisor ? [[name, dividend.core / divisor.core]] : [];
    }),
  );
}
