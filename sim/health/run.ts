import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { broken } from "./bounds.ts";
import { readOptions, USAGE } from "./options.ts";
import { pageOf } from "./page.ts";
import { playScenarios, playSimulations } from "./play.ts";
import { tablesOf } from "./report.ts";
import type { Results } from "./results.ts";
import { SCENARIOS } from "./scenarios.ts";

/** The results of the last full run that was saved. */
export const RESULTS = "docs/explanation/health/results.json";
/** The results of the code that ejected an origin after two failures, for comparison. */
export const BEFORE = "docs/explanation/health/before.json";
export const PAGE = "docs/explanation/health/scenarios.md";

/** `npm run sim -- health`: resolves to the status that the command ends with. */
export async function runHealth(args: readonly string[]): Promise<0 | 1 | 2> {
  const options = readOptions(args);
  switch (options.kind) {
    case "help":
      process.stdout.write(USAGE);
      return 0;
    case "mistake":
      process.stderr.write(`${options.message}\n`);
      return 2;
    case "run": {
      const { only, fronts, json, save } = options;
      const asked = SCENARIOS.filter(({ name }) => only.includes(name));
      const results: Results = {
        date: new Date().toISOString().slice(0, 16),
        machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cpus: cpus().length },
        versions: versions(),
        scenarios: await playScenarios(asked, fronts, tell),
        ...(await playSimulations(only, tell)),
      };
      const before = JSON.parse(await readFile(BEFORE, "utf8")) as Results;
      if (save) {
        await writeFile(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
        await writeFile(PAGE, pageOf(results, SCENARIOS, before));
      }
      const lines = broken(results, SCENARIOS);
      process.stdout.write(`${tablesOf(results, SCENARIOS, before)}\n${lines.map((line) => `\n${line}`).join("")}\n`);
      if (json) process.stdout.write(`${JSON.stringify({ broken: lines, ...results })}\n`);
      return lines.length > 0 ? 1 : 0;
    }
  }
}

function versions(): Record<string, string> {
  const { version: workerd } = createRequire(import.meta.url)("workerd/package.json") as { version: string };
  const said = (program: string, flag: string) => {
    const { stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8" });
    return /\d+\.\d+(\.\d+)*/.exec(`${stdout}${stderr}`)?.[0] ?? "not there";
  };
  return { workerd, nginx: said("nginx", "-v"), haproxy: said("haproxy", "-v"), uwsgi: said("uwsgi", "--version") };
}

function tell(line: string): void {
  process.stderr.write(`sim health: ${line}\n`);
}
