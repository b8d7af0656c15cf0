import { describe, expect, it } from "vitest";
import { BROKEN, merged, type Result, resultsPage } from "../applications/harness/results.ts";

const documents = import.meta.glob<string>("../../docs/reference/applications.*", {
  query: "?raw",
  import: "default",
  eager: true,
});
const [results = "", page] = [".json", ".md"].map((kind) => documents[`../../docs/reference/applications${kind}`]);
const known = JSON.parse(results) as Result[];
/** Only the names are needed: a glob without `eager` loads no file. */
const files = import.meta.glob("../applications/*.test.ts", { query: "?raw" });
const ids = Object.keys(files).map((path) => path.slice("../applications/".length, -".test.ts".length));

describe("the table of applications", () => {
  it("is the page that its results make", () => expect(page).toBe(resultsPage(known)));

  it("has a row for each application that is tested", () => {
    expect(known.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it("has no row with a broken application", () => {
    expect(known.filter((row) => Object.values(row).includes(BROKEN))).toEqual([]);
  });
});

it("a new result takes the place of the old result of its application", () => {
  const [first, ...others] = known as [Result, ...Result[]];
  const again = { ...first, works: BROKEN };
  expect(merged(known, [again])).toEqual([again, ...others]);
});
