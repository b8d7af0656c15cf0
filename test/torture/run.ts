import { randomInt } from "node:crypto";
import { createProgress } from "../support/node/seeded.ts";
import type { Campaign } from "./campaign.ts";
import { playByJobs } from "./jobs.ts";
import { readOptions, USAGE } from "./options.ts";
import { titleOf } from "./parts.ts";
import { story, summary, table } from "./report.ts";
import type { Tally } from "./tally.ts";
import { type Hunt, hunt } from "./without/hunt.ts";
import { RULES } from "./without/rules.ts";
import { trophies, trophy } from "./without/trophies.ts";

const options = readOptions(process.argv.slice(2), () => randomInt(2 ** 31));
switch (options.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "mistake":
    process.stderr.write(`${options.message}\n`);
    process.exitCode = 2;
    break;
  case "play": {
    const { parts, ...played } = options;
    const { schedules, seed, json } = played;
    const campaigns: Campaign[] = [];
    for (const part of parts) {
      const onProgress = progress(titleOf(part), schedules);
      campaigns.push(await playByJobs(part, { ...played, onProgress }));
    }
    process.stderr.write("\n");
    if (json) process.stdout.write(`${JSON.stringify(campaigns.map(summary), undefined, 2)}\n`);
    else
      process.stdout.write(
        [`seed ${seed}`, table(campaigns), ...campaigns.map(story).filter(Boolean), ""].join("\n\n"),
      );
    if (campaigns.some(({ counterexample }) => counterexample)) process.exitCode = 1;
    break;
  }
  case "rules":
    process.stdout.write(RULES.map(({ name, rule }) => `${name.padEnd(28)}${rule}\n`).join(""));
    break;
  case "hunt": {
    const { rules, schedules, seed, json } = options;
    const hunts: Hunt[] = [];
    for (const rule of rules) {
      const onProgress = progress(rule.name, schedules ?? 1);
      hunts.push(await hunt(rule, { schedules, seed, onProgress }));
    }
    process.stderr.write("\n");
    process.stdout.write(json ? `${JSON.stringify(hunts.map(trophy), undefined, 2)}\n` : `${trophies(hunts)}\n`);
    if (hunts.some(({ counterexample }) => counterexample)) process.exitCode = 1;
  }
}

function progress(name: string, schedules: number): (tally: Tally) => void {
  const begun = performance.now();
  const say = createProgress();
  return (tally) =>
    say(() => {
      const perSecond = Math.round(tally.schedules / ((performance.now() - begun) / 1000));
      return `${name}: ${tally.schedules} of ${schedules} schedules, ${perSecond}/s, ${tally.broken} broken`;
    });
}
