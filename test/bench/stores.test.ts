import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { storesTable } from "../../bench/stores/stores.ts";

describe("the times of stores", () => {
  it("are a row for each store", () => {
    const times = [
      { store: "object", reads: { p50: 2.04, p95: 3.06 }, changes: { p50: 4, p95: 5.55 } },
      { store: "redis", reads: { p50: 1, p95: 2 }, changes: { p50: 3, p95: 4 } },
    ];
    expect(storesTable(times).split("\n").slice(2)).toEqual([
      "| object | 2.0, 3.1 | 4.0, 5.5 |",
      "| redis | 1.0, 2.0 | 3.0, 4.0 |",
    ]);
  });

  it.each([["0"], ["many"], ["1", "2"]])("are not measured for the arguments %j", async (...args) => {
    const asked = promisify(execFile)(process.execPath, ["bench/stores/run.ts", ...args]);
    await expect(asked).rejects.toMatchObject({
      code: 2,
      stderr: `found ${JSON.stringify(args)}, accepted: cost, sizes, or a number from 1 to 100000\n`,
    });
  });
});
