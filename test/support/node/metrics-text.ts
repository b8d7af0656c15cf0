import { labelsOf } from "../../../src/totals/exposition.ts";

/** The sum of all series of a metric that have these labels, in Prometheus' text format. */
export function countsIn(text: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return lines
    .filter((line) => {
      const of = labelsOf(line);
      return Object.entries(labels).every(([name, value]) => of[name] === value);
    })
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
