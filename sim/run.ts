import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runBirths } from "./births.ts";
import { runChanges } from "./changes.ts";
import { maglev } from "./contestants/maglev.ts";
import { modulo } from "./contestants/modulo.ts";
import { ring } from "./contestants/ring.ts";
import { whrw1 } from "./contestants/whrw1.ts";
import { plotsOf, type Results, tablesOf, withTables } from "./report.ts";
import { sessionsOf } from "./sessions.ts";
import { runSlowStart } from "./slow-start.ts";
import { runZones } from "./zones.ts";

/**
 * `npm run sim`: plays what may happen to pools, and writes the tables and plots of docs/affinity.md.
 *
 * `--sessions N` (default 1,000,000) and `--docs FOLDER` (default `docs`; it holds an affinity.md with the marks). The same
 * numbers come out every time.
 */
const { values } = parseArgs({
  options: { sessions: { type: "string", default: "1000000" }, docs: { type: "string", default: "docs" } },
});
const SEED = 20_261_121;
const sizes = [3, 10, 100, 1_000];
const sessions = sessionsOf(Number(values.sessions), SEED);

const outcomes = [whrw1, ring, maglev, modulo].map((contestant) => ({
  name: contestant.name,
  bySize: sizes.map((size) => {
    console.error(`${contestant.name}: ${size} origins`);
    return runChanges(contestant, size, sessions);
  }),
}));
const births = sizes.map((size) => {
  console.error(`by birth: ${size} origins`);
  return runBirths(size, sessions);
});
const slowStarts = sizes.map((size) => {
  console.error(`slow start: ${size} origins`);
  return runSlowStart(size, sessions);
});
const zones = sizes.map((size) => {
  console.error(`zones: ${size} origins`);
  return runZones(size, sessions);
});
const results: Results = { sessions: sessions.length, sizes, outcomes, births, slowStarts, zones };

const page = join(values.docs, "affinity.md");
await writeFile(page, withTables(await readFile(page, "utf8"), tablesOf(results)));
await mkdir(join(values.docs, "affinity"), { recursive: true });
for (const [name, svg] of Object.entries(plotsOf(results))) await writeFile(join(values.docs, "affinity", name), svg);
