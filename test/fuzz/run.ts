import { randomInt } from "node:crypto";
import { createProgress } from "../support/node/seeded.ts";
import { type Campaign, campaign } from "./campaign.ts";
import { readOptions, USAGE } from "./options.ts";
import { finding, summary, table } from "./report.ts";

const options = readOptions(process.argv.slice(2), () => randomInt(2 ** 31));
switch (options.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "mistake":
    process.stderr.write(`${options.message}\n`);
    process.exitCode = 2;
    break;
  case "run": {
    const { targets, cases, seed, path, json } = options;
    const campaigns: Campaign[] = [];
    for (const target of targets) {
      campaigns.push(await campaign(target, { cases, seed, path, onProgress: progress(target.name, cases) }));
    }
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    if (json) process.stdout.write(`${JSON.stringify(campaigns.map(summary), undefined, 2)}\n`);
    else process.stdout.write([`seed ${seed}`, table(campaigns), ...campaigns.flatMap(finding), ""].join("\n\n"));
    if (campaigns.some((one) => one.finding)) process.exitCode = 1;
  }
}

function progress(name: string, cases: number): (done: number) => void {
  const say = createProgress();
  return (done) => say(() => `${name}: ${done.toLocaleString("en")} of ${cases.toLocaleString("en")}`);
}
