import { inspect } from "node:util";
import type { Campaign } from "./campaign.ts";

/** The results of a campaign, as plain data. */
export function summary({ target, seed, cases, outcomes, finding }: Campaign) {
  return {
    target: target.name,
    seed,
    cases,
    outcomes: Object.fromEntries(outcomes),
    ...(finding ? { path: finding.path, error: finding.error.message } : {}),
  };
}

/** A line for each target, with the outcomes of its cases. */
export function table(campaigns: readonly Campaign[]): string {
  return campaigns
    .map(({ target, cases, outcomes }) => {
      const counts = [...outcomes].map(([outcome, count]) => `${outcome} ${count.toLocaleString("en")}`);
      return `${target.name.padEnd(16)}${cases.toLocaleString("en").padStart(9)} cases: ${counts.join(", ")}`;
    })
    .join("\n");
}

/** A finding in words, and how to see it again. */
export function finding({ target, seed, finding }: Campaign): string[] {
  if (!finding) return [];
  const { given, path, error } = finding;
  const lines = [
    `${target.name} fails: ${error.name}: ${error.message}`,
    inspect(given, { depth: 8 }),
    `again: npm run fuzz -- --target ${target.name} --seed ${seed} --path ${path}`,
  ];
  return [lines.join("\n")];
}
