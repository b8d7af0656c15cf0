import { mkdir, readFile, writeFile } from "node:fs/promises";
import { plotsOf, tablesOf } from "./report.ts";
import type { Results } from "./results.ts";

export const DOCUMENT = "docs/explanation/scale.md";
export const PLOTS = "docs/explanation/scale";
export const RAW = "docs/explanation/scale/results.json";

/**
 * Keeps the results: the raw data, their tables in docs/explanation/scale.md, and their plots next to that document.
 */
export async function save(results: Results): Promise<void> {
  await writeFile(RAW, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(DOCUMENT, withTables(await readFile(DOCUMENT, "utf8"), tablesOf(results)));
  await mkdir(PLOTS, { recursive: true });
  for (const [name, svg] of Object.entries(plotsOf(results))) await writeFile(`${PLOTS}/${name}`, svg);
}

/** A page with each table between the marks that carry its name: `<!-- scale:load -->` to `<!-- /scale -->`. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return page.replace(
    /(<!-- scale:(\w+) -->\n).*?(<!-- \/scale -->)/gs,
    (_, begin: string, name: string, end: string) => {
      const table = tables[name];
      if (table === undefined) throw new Error(`${DOCUMENT} asks for the table "${name}", which there is none of`);
      return `${begin}\n${table}\n\n${end}`;
    },
  );
}
