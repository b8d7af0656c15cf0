import { randomInt } from "node:crypto";
import { type Campaign, campaign } from "./campaign.ts";
import { readOptions, USAGE } from "./options.ts";
import { story, summary, table } from "./report.ts";
import type { Tally } from "./tally.ts";

const PROGRESS_MS = 1_000;

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
    const { configs, schedules, seed, path, json } = options;
    const campaigns: Campaign[] = [];
    for (const config of configs) {
      const onProgress = progress(config.name, schedules);
      campaigns.push(await campaign(config, { schedules, seed, path, onProgress }));
    }
    process.stderr.write("\n");
    if (json) process.stdout.write(`${JSON.stringify(campaigns.map(summary), undefined, 2)}\n`);
    else
      process.stdout.write(
        [`seed ${seed}`, table(campaigns), ...campaigns.map(story).filter(Boolean), ""].join("\n\n"),
      );
    if (campaigns.some(({ counterexample }) => counterexample)) process.exitCode = 1;
  }
}

/** A line on standard error, about once a second, that on a terminal replaces the one before. */
function progress(name: string, schedules: number): (tally: Tally) => void {
  const begun = performance.now();
  let said = begun;
  return (tally) => {
    const now = performance.now();
    if (now - said < PROGRESS_MS) return;
    said = now;
    const perSecond = Math.round(tally.schedules / ((now - begun) / 1000));
    const line = `${name}: ${tally.schedules} of ${schedules} schedules, ${perSecond}/s, ${tally.broken} broken`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  };
}
