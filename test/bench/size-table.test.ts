/** @quick */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { tablesOf } from "../../bench/report.ts";
import type { Results } from "../../bench/results.ts";

const FOLDER = "docs/explanation";

it("the table of sizes shows the measured sizes, and the budgets that the test of sizes holds", async () => {
  const document = await readFile(`${FOLDER}/performance.md`, "utf8");
  const measured = JSON.parse(await readFile(`${FOLDER}/performance/size.json`, "utf8")) as Results;
  // If a budget has changed: node bench/run.ts size --save
  expect(document).toContain(tablesOf(measured).size);
});
