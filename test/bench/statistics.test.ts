/** @quick */
import { describe, expect, it } from "vitest";
import { type CpuRatio, cpuRatioOf } from "../../bench/http/cpu.ts";
import { throughputOf } from "../../bench/http/http.ts";
import { quantile, spread } from "../../bench/http/statistics.ts";
import { readOptions } from "../../bench/options.ts";
import { ratiosOf, tablesOf } from "../../bench/report.ts";
import { replaced } from "../../bench/save.ts";

const slice = (answered: number, cpuSeconds: number) => ({
  answered,
  cpuSeconds,
  failed: 0,
  seconds: 1,
  latenciesMs: [],
});

describe("quantiles", () => {
  it("lie between the two nearest values", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3], 0.999)).toBeCloseTo(2.998);
  });

  it("do not ask for an order", () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, lowerQuartile: 1.5, upperQuartile: 2.5 });
  });
});

describe("ratios", () => {
  it("are taken within a round, so that a machine that slows down does not change them", () => {
    const seen = new Map([
      ["passThrough", [slice(1_000, 1), slice(100, 1)]],
      ["cleanRead", [slice(900, 1), slice(90, 1)]],
    ]);
    const { cleanRead } = throughputOf(seen);
    expect(cleanRead?.ratio).toEqual(spread([0.9, 0.9]));
    expect(cleanRead?.cpuRatio.median).toBeCloseTo(1 / 0.9);
    const http = {
      shapes: [{ shape: { sessions: 1, recordBytes: 1 }, throughput: throughputOf(seen) }],
      latencies: [],
    };
    const machine = { cpu: "", cpus: 1, node: "", workerd: "", load: 0 };
    expect(ratiosOf({ machine, http })).toMatchObject({ cleanRead: 0.9, passThrough: 1 });
  });
});

describe("a ratio of CPU that has a goal", () => {
  const seen = new Map([
    ["rules", [slice(100, 1), slice(200, 1)]],
    ["cleanRead", [slice(80, 1), slice(160, 1)]],
  ]);

  it("compares two contestants within each round", () =>
    expect(cpuRatioOf("cleanRead", "rules", seen)).toMatchObject({ ratio: spread([1.25, 1.25]) }));

  it("is absent where one of them was not measured", () =>
    expect(cpuRatioOf("changeAsync", "change", seen)).toBeUndefined());

  it("stands in the JSON, and in a table beside its goal", () => {
    const cpu = { cleanReadOverRulesCpu: cpuRatioOf("cleanRead", "rules", seen) as CpuRatio };
    const results = { machine: { cpu: "", cpus: 1, node: "", workerd: "", load: 0 }, cpu };
    expect(ratiosOf(results)).toEqual({ cleanReadOverRulesCpu: 1.25 });
    expect(tablesOf(results).cpu).toContain("| 1.25 (1.25 to 1.25) | 1.3 |");
  });
});

describe("the command", () => {
  it("measures everything by default, and skips the slow parts in a quick run", () => {
    expect(readOptions([])).toMatchObject({
      parts: [
        "cost",
        "path",
        "handoff",
        "size",
        "affinity",
        "instructions",
        "growth",
        "cpu",
        "http",
        "profile",
        "memory",
        "garbage",
        "rivals",
        "distance",
        "drop-ins",
      ],
      quick: false,
    });
    expect(readOptions(["--quick", "--json"])).toMatchObject({
      parts: ["cost", "path", "handoff", "size", "affinity", "http"],
      json: true,
    });
    expect(readOptions(["size"])).toMatchObject({ parts: ["size"] });
    expect(readOptions(["profile", "--before", "worker.js"])).toMatchObject({ before: "worker.js" });
  });

  it("names the mistake", () => {
    expect(readOptions(["speed"])).toMatchObject({ kind: "mistake", message: expect.stringContaining("speed") });
    expect(readOptions(["--fast"])).toMatchObject({ kind: "mistake" });
    const unused = readOptions(["size", "--before", "worker.js"]);
    expect(unused).toMatchObject({ kind: "mistake", message: expect.stringContaining("profile") });
  });
});

describe("the document", () => {
  const document = "a\n<!-- cost -->\nold\n<!-- /cost -->\nz";

  it("keeps everything but the part that was measured", () =>
    expect(replaced(document, "cost", "new")).toBe("a\n<!-- cost -->\nnew\n<!-- /cost -->\nz"));

  it("must have a place for it", () => expect(() => replaced(document, "http", "new")).toThrow("<!-- http -->"));
});
