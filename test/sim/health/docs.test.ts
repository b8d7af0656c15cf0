/** @quick */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { broken } from "../../../sim/health/bounds.ts";
import { FRONTS } from "../../../sim/health/fronts.ts";
import { pageOf } from "../../../sim/health/page.ts";
import type { Results } from "../../../sim/health/results.ts";
import { BEFORE, PAGE, RESULTS } from "../../../sim/health/run.ts";
import { SCENARIOS } from "../../../sim/health/scenarios.ts";

const read = async (file: string) => JSON.parse(await readFile(file, "utf8")) as Results;

describe("docs/explanation/health/scenarios.md", async () => {
  const [results, before] = [await read(RESULTS), await read(BEFORE)];

  it("shows the results that are kept", async () => {
    expect(await readFile(PAGE, "utf8")).toBe(pageOf(results, SCENARIOS, before));
  });

  it("has every scenario before every front, and nothing was skipped", () => {
    const fronts = Object.keys(FRONTS);
    const expected = SCENARIOS.flatMap(({ name, fronts: own = fronts }) => own.map((front) => `${name}, ${front}`));
    const found = results.scenarios.map(({ scenario, front }) => `${scenario}, ${front}`);
    expect(found.sort()).toEqual(expected.sort());
    expect(results.scenarios.filter((played) => "skipped" in played)).toEqual([]);
  });

  it("shows a Moor that holds every bound, and an earlier Moor that does not", () => {
    expect(broken(results, SCENARIOS)).toEqual([]);
    expect(broken(before, SCENARIOS).length).toBeGreaterThan(10);
  });
});
