import { describe, expect, it } from "vitest";
import { exposition, labelsOf, seriesOf } from "../../src/totals/exposition.ts";
import { BUCKETS, countOfValues, createTally, sumOf } from "../../src/totals/tally.ts";

describe("a tally", () => {
  it("reports each count once, however many reports it makes", () => {
    const tally = createTally();
    const reports = [1, 2, 3].map((times) => {
      for (let time = 0; time < times; time++) tally.add("requests");
      tally.observe("seconds", times);
      return tally.report();
    });
    expect(reports.map(({ requests }) => requests)).toEqual([1, 2, 3]);
    expect(sumOf(reports)).toEqual(tally.all());
    expect(tally.report()).toEqual({});
  });

  it("leaves a report as it was when it counts on", () => {
    const tally = createTally();
    tally.observe("seconds", 1);
    const report = tally.report();
    const before = structuredClone(report);
    tally.observe("seconds", 1);
    expect(report).toEqual(before);
  });

  it("keeps how many values fell into each bucket, the larger values, and their sum", () => {
    const tally = createTally();
    for (const seconds of [0.005, 0.006, 31]) tally.observe("seconds", seconds);
    const values = tally.all().seconds as number[];
    expect([values[0], values[1], values[BUCKETS.length], values.at(-1)]).toEqual([1, 1, 1, 31.011]);
    expect(countOfValues(values)).toBe(3);
  });
});

describe("a series", () => {
  it.each(["plain", 'a "quoted" word', "back\\slash", "two\nlines", "a,b={c}"])("gives back its label %j", (value) => {
    const series = seriesOf("moor_requests_total", { pool: "shop", route: value });
    expect(labelsOf(series)).toEqual({ pool: "shop", route: value });
    expect(exposition({ [series]: 1 }, ["moor_requests_total"])).toContain(`\n${series} 1\n`);
  });
});
