/**
 * Plays the conformance suite against the drop-ins on this machine, and writes docs/reference/drop-in-results.md:
 * `npm run drop-ins`. With files of tests as its arguments it plays these alone. The other drop-ins keep their columns.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergedResults, type Results, resultsOn, resultsPage } from "./conformance/results-page.ts";

const PAGE = "docs/reference/drop-in-results.md";
const played = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "moor-drop-in-results-"));
try {
  const args = [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    "node-slow",
    "--maxWorkers=1",
    ...(played.length > 0 ? played : ["test/sdk"]),
  ];
  const env = { ...process.env, MOOR_DROP_IN_RESULTS: folder };
  const [code] = await once(spawn(process.execPath, args, { stdio: "inherit", env }), "exit");
  const files = await readdir(folder);
  const results = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Results),
  );
  await writeFile(PAGE, resultsPage(mergedResults(resultsOn(await readFile(PAGE, "utf8")), results)));
  process.exitCode = code as number;
} finally {
  await rm(folder, { recursive: true, force: true });
}
