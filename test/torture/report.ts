import type { Campaign } from "./campaign.ts";
import { explain } from "./judge/explain.ts";
import { NOTICES, VIOLATIONS } from "./judge/verdict.ts";

/** The findings of a campaign, as plain data. */
export function summary({ config, seed, tally, counterexample }: Campaign) {
  const { schedules, broken, acknowledged, shown, violations, notices } = tally;
  return {
    config: config.name,
    promises: config.promises,
    seed,
    ...(counterexample ? { path: counterexample.path, counterexample: counterexample.schedule } : {}),
    schedules,
    broken,
    acknowledged,
    shown,
    violations,
    notices,
  };
}

/** Campaigns side by side: one line each. */
export function table(campaigns: readonly Campaign[]): string {
  const head = ["configuration", "schedules", "broken", "acknowledged", "shown", ...VIOLATIONS, ...NOTICES];
  const lines = campaigns.map(({ config, tally }) => [
    config.name,
    ...[tally.schedules, tally.broken, tally.acknowledged, tally.shown].map(String),
    ...VIOLATIONS.map((kind) => String(tally.violations[kind])),
    ...NOTICES.map((kind) => String(tally.notices[kind])),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] as string).length)));
  const format = (line: readonly string[]) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join("  ");
  return [head, ...lines].map(format).join("\n");
}

/** A counterexample in words, and how to see it again. */
export function story({ config, seed, counterexample }: Campaign): string {
  if (!counterexample) return "";
  const { history, verdict, path } = counterexample;
  return [
    `${config.name} breaks the promise:`,
    explain(history, verdict),
    "",
    `again: npm run torture -- --config ${config.name} --seed ${seed} --path ${path}`,
  ].join("\n");
}
