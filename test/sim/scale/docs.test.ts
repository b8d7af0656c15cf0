/** @quick */
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ASSUMPTIONS } from "../../../sim/scale/assumptions.ts";
import { breaksOf } from "../../../sim/scale/breaks.ts";
import { SEED } from "../../../sim/scale/options.ts";
import { plotsOf, tablesOf } from "../../../sim/scale/report.ts";
import type { Results } from "../../../sim/scale/results.ts";
import { withTables } from "../../../sim/scale/save.ts";

describe("docs/explanation/scale.md", async () => {
  const results = JSON.parse(await readFile("docs/explanation/scale/results.json", "utf8")) as Results;
  const page = await readFile("docs/explanation/scale.md", "utf8");

  it("shows the results with their assumptions, from a full run", () => {
    expect(results.assumptions).toEqual(ASSUMPTIONS);
    expect([results.seed, results.quick]).toEqual([SEED, false]);
  });

  it("has all tables, and plots, of the results that are kept", async () => {
    const tables = tablesOf(results);
    expect(withTables(page, tables)).toBe(page);
    const marks = Array.from(page.matchAll(/<!-- scale:(\w+) -->/g), ([, name]) => name);
    expect(marks.sort()).toEqual(Object.keys(tables).sort());
    const plots = plotsOf(results);
    const files = await readdir("docs/explanation/scale");
    expect(files.filter((name) => name.endsWith(".svg")).sort()).toEqual(Object.keys(plots).sort());
    for (const [name, svg] of Object.entries(plots)) {
      expect(await readFile(`docs/explanation/scale/${name}`, "utf8")).toBe(svg);
      expect(page).toContain(`(scale/${name})`);
    }
    expect(page).not.toContain("NaN");
  });

  it("has the part that breaks first at the top", () => {
    const factors = breaksOf(results).map(({ factor }) => factor);
    expect(factors.length).toBeGreaterThan(10);
    expect(factors).toEqual(factors.toSorted((one, other) => one - other));
    expect(factors.every((factor) => factor > 0 && factor < Infinity)).toBe(true);
  });
});
