import { linesPlot } from "../lines.ts";
import type { GrowthResults } from "./growth.ts";

/** The curves as a plot. */
export function growthPlot({ curves }: GrowthResults): string {
  const panels = curves.map(({ title, axis, lines }) => ({
    title,
    axis,
    lines: lines.map(({ name, points }) => ({
      name,
      points: points.map(({ size, core }) => ({ x: size, y: core / 1000 })),
    })),
  }));
  return linesPlot("Thousands of core instructions of a request", panels);
}
