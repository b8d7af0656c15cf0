import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runHealth } from "./health/run.ts";
import { readOptions, USAGE } from "./options.ts";
import { withTables } from "./report.ts";
import { sessionsOf } from "./sessions.ts";

const SEED = 20_261_121;
const SIZES = [3, 10, 100, 1_000];

const args = process.argv.slice(2);
const options = args[0] === "health" ? { kind: "health" as const } : readOptions(args);
switch (options.kind) {
  case "health":
    process.exitCode = await runHealth(args.slice(1));
    break;
  case "help":
    process.stdout.write(USAGE);
    break;
  case "mistake":
    process.stderr.write(`${options.message}\n`);
    process.exitCode = 2;
    break;
  case "run": {
    const sessions = sessionsOf(options.sessions, SEED);
    const folder = join(options.docs, "affinity");
    await mkdir(folder, { recursive: true });
    for (const { name, play } of options.scenarios) {
      const { tables, plots } = await play(SIZES, sessions, (what) => console.error(`${name}: ${what}`));
      const page = join(options.docs, "affinity.md");
      await writeFile(page, withTables(await readFile(page, "utf8"), tables));
      for (const [file, svg] of Object.entries(plots)) await writeFile(join(folder, file), svg);
    }
  }
}
