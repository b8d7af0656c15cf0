import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withTables } from "./report.ts";
import { scenarios } from "./scenarios.ts";
import { sessionsOf } from "./sessions.ts";

const { values, positionals } = parseArgs({
  options: {
    sessions: { type: "string", default: "1000000" },
    docs: { type: "string", default: "docs" },
    help: { type: "boolean", short: "h", default: false },
  },
  allowPositionals: true,
});
const HELP = `npm run sim [-- SCENARIO…] plays what may happen to pools, and writes the tables and plots of docs/affinity.md.
The same numbers come out every time; all scenarios together take minutes.

${scenarios.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join("\n")}

  --sessions N    how many sessions there are (default 1,000,000)
  --docs FOLDER   where affinity.md is, with the marks (default docs)
  --help          shows this
`;
const SEED = 20_261_121;
const SIZES = [3, 10, 100, 1_000];

const unknown = positionals.find((asked) => !scenarios.some(({ name }) => name === asked));
if (values.help) console.log(HELP);
else if (unknown !== undefined) {
  console.error(`There is no scenario "${unknown}".\n\n${HELP}`);
  process.exitCode = 1;
} else await play();

async function play(): Promise<void> {
  const sessions = sessionsOf(Number(values.sessions), SEED);
  const folder = join(values.docs, "affinity");
  await mkdir(folder, { recursive: true });
  for (const { name, play } of scenarios) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const { tables, plots } = await play(SIZES, sessions, (what) => console.error(`${name}: ${what}`));
    const page = join(values.docs, "affinity.md");
    await writeFile(page, withTables(await readFile(page, "utf8"), tables));
    for (const [file, svg] of Object.entries(plots)) await writeFile(join(folder, file), svg);
  }
}
