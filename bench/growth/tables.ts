import { table } from "../table.ts";
import type { GrowthResults, Point } from "./growth.ts";

/** The curves as Markdown, in thousands of core instructions. */
export function growthTable({ curves }: GrowthResults): string {
  const rows = curves.flatMap(({ axis, lines }) =>
    lines.map(({ name, points }) => {
      const counts = points.map(({ size, core }) => `${size.toLocaleString("en")}: ${thousands(core)}`);
      const [first, last] = [points[0] as Point, points.at(-1) as Point];
      const slope = (last.core - first.core) / (last.size - first.size);
      return [axis, name, counts.join(", "), (last.core / first.core).toFixed(2), String(Math.round(slope) || 0)];
    }),
  );
  return table(
    ["more", "request", "size: thousands of instructions", "last over first", "instructions for each more"],
    rows,
  );
}

/** The settings as Markdown. */
export function savingsTable({ savings }: GrowthResults): string {
  const whole = savings[0]?.core ?? Number.NaN;
  const rows = savings.map(({ name, core }) => [
    name,
    thousands(core),
    core === whole ? "" : `${((1 - core / whole) * 100).toFixed(1)} %`,
  ]);
  return table(["clean read with", "core instructions, thousands", "saved"], rows);
}

function thousands(core: number): string {
  return (core / 1000).toFixed(0);
}
