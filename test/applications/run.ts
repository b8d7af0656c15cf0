/** Plays the suite of applications, and writes the table of docs/reference/applications.md: `npm run applications -- --help`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readOptions, USAGE } from "./harness/options.ts";
import { BROKEN, merged, type Result, resultsPage, table } from "./harness/results.ts";

const DOCUMENT = "docs/reference/applications";

const known = globSync("test/applications/*.test.ts").map((file) => basename(file, ".test.ts"));
const options = readOptions(process.argv.slice(2), known.sort());
if (options.kind === "help") process.stdout.write(USAGE);
else if (options.kind === "mistake") {
  process.stderr.write(`${options.message}\n`);
  process.exitCode = 2;
} else {
  const { only, save, json } = options;
  const asked = only.length > 0 ? only : known;
  const { results, passed } = await play(asked);
  const missing = asked.filter((id) => results.every((result) => result.id !== id));
  if (missing.length > 0) process.stderr.write(`not played, see above for the packages: ${missing.join(", ")}\n`);
  if (save) {
    const before = JSON.parse(await readFile(`${DOCUMENT}.json`, "utf8")) as Result[];
    const all = merged(before, results).filter(({ id }) => known.includes(id));
    await writeFile(`${DOCUMENT}.json`, `${JSON.stringify(all, null, 2)}\n`);
    await writeFile(`${DOCUMENT}.md`, resultsPage(all));
  }
  process.stdout.write(`${json ? JSON.stringify(merged([], results)) : table(merged([], results))}\n`);
  const broken = results.some(({ works, requests, killed }) => [works, requests, killed].includes(BROKEN));
  process.exitCode = broken || !passed ? 1 : 0;
}

/** Runs the test files of these applications. Vitest's report goes to stderr. */
async function play(ids: readonly string[]): Promise<{ results: Result[]; passed: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), "moor-applications-"));
  try {
    const vitest = [join("node_modules", "vitest", "vitest.mjs"), "run", "--project", "node-slow", "--maxWorkers=1"];
    const args = [...vitest, ...ids.map((id) => `test/applications/${id}.test.ts`)];
    const env = { ...process.env, MOOR_APPLICATION_RESULTS: folder };
    const [code] = await once(spawn(process.execPath, args, { stdio: ["ignore", 2, 2], env }), "exit");
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    return { results: texts.map((text) => JSON.parse(text) as Result), passed: code === 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
