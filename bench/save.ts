import { mkdir, readFile, writeFile } from "node:fs/promises";
import { bars } from "./bars.ts";
import { distancePlot } from "./distance/table.ts";
import { growthPlot } from "./growth/plot.ts";
import { type ContestantName, FIELD } from "./http/contestants.ts";
import { instructionsPlot } from "./instructions/plot.ts";
import { machineLine, tablesOf } from "./report.ts";
import type { Results } from "./results.ts";
import { partsPlot } from "./size/treemap.ts";

const DOCUMENT = "docs/explanation/performance.md";
const PLOTS = "docs/explanation/performance";
const RAW = "docs/explanation/performance";

/**
 * Keeps the measurements: the raw data and the plots in docs/explanation/performance, the tables in docs/explanation/performance.md.
 */
export async function save(results: Results): Promise<void> {
  await mkdir(RAW, { recursive: true });
  await mkdir(PLOTS, { recursive: true });
  const { machine, ...parts } = results;
  let text = await readFile(DOCUMENT, "utf8");
  for (const [name, table] of Object.entries(tablesOf(results))) {
    const measured = name === "cost" ? "" : `${machineLine(results)}\n\n`;
    text = replaced(text, name, `${measured}${table}`);
    const part = parts[name as keyof typeof parts];
    // Two tables may be of one measurement.
    if (part === undefined) continue;
    await writeFile(
      `${RAW}/${name}.json`,
      `${JSON.stringify(name === "cost" ? part : { machine, [name]: part }, null, 1)}\n`,
    );
  }
  await writeFile(DOCUMENT, text);
  for (const [name, plot] of Object.entries(plotsOf(results))) await writeFile(`${PLOTS}/${name}.svg`, plot);
}

/** A document in which the text between `<!-- NAME -->` and `<!-- /NAME -->` is replaced. */
export function replaced(document: string, name: string, by: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for ${name}: ${begin} and ${end}`);
  return `${document.slice(0, from)}${begin}\n${by}\n${document.slice(to)}`;
}

function plotsOf(results: Results): Record<string, string> {
  const { instructions, growth, distance, size } = results;
  return {
    ...plotsOfHttp(results),
    ...(instructions ? { instructions: instructionsPlot(instructions) } : {}),
    ...(growth ? { growth: growthPlot(growth) } : {}),
    ...(distance ? { distance: distancePlot(distance) } : {}),
    ...(size ? { size: partsPlot(size.smallestBuild) } : {}),
  };
}

function plotsOfHttp({ http }: Results): Record<string, string> {
  const usual = Object.entries(http?.shapes[0]?.throughput ?? {});
  if (usual.length === 0) return {};
  const plot = (title: string, value: "requestsPerSecond" | "cpuMicroseconds", digits = 0) =>
    bars(
      title,
      usual.map(([name, measured]) => ({ label: FIELD[name as ContestantName].about, ...measured[value] })),
      digits,
    );
  return {
    throughput: plot("Requests per second", "requestsPerSecond"),
    cpu: plot("CPU microseconds per request", "cpuMicroseconds"),
  };
}
