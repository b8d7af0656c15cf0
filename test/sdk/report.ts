/**
 * Plays the conformance suite against every drop-in on this machine, and writes docs/reference/drop-in-results.md:
 * `npm run drop-ins`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Results, resultsPage } from "./conformance/results-page.ts";

const folder = await mkdtemp(join(tmpdir(), "moor-drop-in-results-"));
try {
  const args = [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    "node-slow",
    "--maxWorkers=1",
    "test/sdk",
  ];
  const env = { ...process.env, MOOR_DROP_IN_RESULTS: folder };
  const [code] = await once(spawn(process.execPath, args, { stdio: "inherit", env }), "exit");
  const files = (await readdir(folder)).sort();
  const results = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Results),
  );
  await writeFile("docs/reference/drop-in-results.md", resultsPage(results));
  process.exitCode = code as number;
} finally {
  await rm(folder, { recursive: true, force: true });
}
