/** @quick */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { storeCostPlot, storeCosts } from "../../bench/stores/cost.ts";

describe("the prices of stores", () => {
  it("are shown in docs/guide/choosing-a-store.md; `npm run store-costs` writes them anew", async () => {
    const guide = await readFile("docs/guide/choosing-a-store.md", "utf8");
    expect(/<!-- cost -->\n([\s\S]*?)\n<!-- \/cost -->/.exec(guide)?.[1]).toBe(storeCosts());
    expect(await readFile("docs/guide/store-costs.svg", "utf8")).toBe(storeCostPlot());
  });
});
