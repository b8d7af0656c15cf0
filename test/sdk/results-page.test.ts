import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { mergedResults, type Results, resultsOn, resultsPage } from "./conformance/results-page.ts";

const PAGE = readFileSync("docs/reference/drop-in-results.md", "utf8");
const of = (name: string, ...outcomes: string[]): Results => ({
  name,
  cases: outcomes.map((outcome, index) => ({ name: `case ${index}`, outcome })),
});

it("the page of results is written as it is read", () => {
  expect(resultsOn(PAGE).length).toBeGreaterThan(10);
  expect(resultsPage(resultsOn(PAGE))).toBe(PAGE);
});

it("a drop-in that was not played keeps its results, unless the cases are others", () => {
  const older = [of("Go", "yes", "a reason"), of("PHP", "yes", "yes")];
  expect(mergedResults(older, [of("Koa", "no", "yes"), of("Go", "yes", "yes")])).toEqual([
    of("Go", "yes", "yes"),
    of("Koa", "no", "yes"),
    of("PHP", "yes", "yes"),
  ]);
  expect(mergedResults(older, [of("Koa", "yes")])).toEqual([of("Koa", "yes")]);
});
