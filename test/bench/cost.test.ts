/** @quick */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { costs, costTable } from "../../bench/cost/cost.ts";

const list = await costs();
const costOf = (name: string) => list.find(({ workload }) => workload.name === name);

describe("the cost model", () => {
  it("is the same that docs/explanation/performance.md shows; `npm run bench -- cost --save` writes it anew", async () => {
    expect(await readFile("docs/explanation/performance.md", "utf8")).toContain(
      `<!-- cost -->\n${costTable(list)}\n<!-- /cost -->`,
    );
  });

  it.each(["anonymous", "bots"])("asks nothing for %s", (name) => {
    expect(costOf(name)).toMatchObject({ moor: 0, moorWithBackup: 0 });
    expect(costOf(name)?.played.requests).toBeGreaterThan(0);
  });

  it("is at most two fifths of the cheapest other design's cost for visitors who browse signed in", () => {
    const { moor, objectEachRequest, kvWriteThrough, redisGetAndTouch } = costOf("signed-in browse") ?? {};
    const cheapest = Math.min(...([objectEachRequest, kvWriteThrough, redisGetAndTouch] as number[]));
    expect(moor).toBeLessThanOrEqual(0.4 * cheapest);
  });
});
