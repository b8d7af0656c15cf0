/** @quick */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { GrowthResults } from "../../bench/growth/growth.ts";
import { growthPlot } from "../../bench/growth/plot.ts";
import { growthTable, savingsTable } from "../../bench/growth/tables.ts";

const file = new URL("../../docs/explanation/performance/growth.json", import.meta.url);
const { growth } = JSON.parse(await readFile(file, "utf8")) as { growth: GrowthResults };
const linesOf = (title: string) => growth.curves.find((curve) => curve.title === title)?.lines ?? [];

describe("the committed instructions of a request", () => {
  it.each(growth.curves.flatMap(({ title, lines }) => lines.map((line) => ({ title, ...line }))))(
    "grow no faster than $title: $name",
    ({ points }) => {
      for (const [place, { size, core }] of points.entries()) {
        const before = points[place - 1];
        if (before && before.size > 0) expect(core / before.core).toBeLessThan(size / before.size);
      }
    },
  );

  it("grow with cookies at most about twice as much as those of a bare Worker, which only hands them on", () => {
    const [read, bare] = linesOf("Cookies").map(({ points }) => (points.at(-1)?.core ?? 0) - (points[0]?.core ?? 0));
    expect(read).toBeLessThan((bare as number) * 2.5);
  });

  it.each([
    { title: "Routes", factor: 1.05 },
    { title: "Origins", factor: 1.6 },
  ])("hardly grow with $title: a thousand cost at most $factor times as much as the fewest", ({ title, factor }) => {
    for (const { points } of linesOf(title)) {
      expect(points.at(-1)?.core).toBeLessThan((points[0]?.core as number) * factor);
    }
  });

  it("are fewer with each setting that saves some, and fewest with both", () => {
    const [none, ...some] = growth.savings.map(({ core }) => core);
    for (const core of some) expect(core).toBeLessThan(none as number);
    expect(some.at(-1)).toBe(Math.min(...some));
  });
});

describe("the report", () => {
  it("has a row for each line of each curve, and a row for each setting", () => {
    const lines = growth.curves.flatMap((curve) => curve.lines);
    expect(growthTable(growth).trim().split("\n")).toHaveLength(2 + lines.length);
    expect(savingsTable(growth).trim().split("\n")).toHaveLength(2 + growth.savings.length);
    expect(growthPlot(growth).match(/<polyline/g)).toHaveLength(lines.length);
  });
});
