import { VIOLATIONS, type ViolationKind } from "../judge/verdict.ts";
import type { Hunt } from "./hunt.ts";
import type { Rule } from "./rule.ts";

/** The findings of a hunt, as plain data. `number` is the schedule's number among the schedules of the seed. */
export interface Trophy {
  readonly name: string;
  readonly rule: string;
  readonly config: string;
  readonly violations: readonly ViolationKind[];
  readonly seed: number;
  readonly number: number | undefined;
  /** Whether the schedule was written by hand. */
  readonly isMade: boolean;
  /** How many schedules were played. */
  readonly schedules: number;
}

/** The result for one rule. */
export function trophy({ rule, config, seed, tally, counterexample }: Hunt): Trophy {
  return {
    name: rule.name,
    rule: rule.rule,
    config: config.name,
    violations: VIOLATIONS.filter((kind) => tally.violations[kind] > 0),
    seed,
    number: counterexample && counterexample.path !== "" ? Number(counterexample.path) : undefined,
    isMade: counterexample !== undefined && counterexample.schedule === rule.made,
    schedules: tally.schedules,
  };
}

/** All results in a table, in Markdown. */
export function trophies(hunts: readonly Hunt[]): string {
  return [
    "| rule taken away | configuration | what goes wrong | found after |",
    "|---|---|---|---|",
    ...hunts.map((hunt) => rowOf(trophy(hunt), hunt.rule)),
  ].join("\n");
}

/** The line of a result in that table. */
export function rowOf(found: Trophy, { redundant }: Pick<Rule, "redundant">): string {
  const { name, rule, config, violations, seed, number, isMade, schedules } = found;
  const vain = redundant === undefined ? `not in ${schedules.toLocaleString("en")}` : `redundant: ${redundant}`;
  const drawn = number === undefined ? vain : `${(number + 1).toLocaleString("en")} (seed ${seed})`;
  return `| \`${name}\`: ${rule} | ${config} | ${violations.join(", ")} | ${isMade ? "made by hand" : drawn} |`;
}
