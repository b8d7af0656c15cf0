import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { dollarsOf, monthOf, reportCosts, SITES } from "../../bench/reports/cost.ts";

describe("the cost of isolates' reports", () => {
  it("is shown in docs/reference/metrics.md; `npm run report-costs` writes it anew", async () => {
    const page = await readFile("docs/reference/metrics.md", "utf8");
    expect(/<!-- reports -->\n([\s\S]*?)\n<!-- \/reports -->/.exec(page)?.[1]).toBe(await reportCosts());
  });

  it("is cents a month for a small site, whatever tools it uses", async () => {
    for (const site of SITES.filter(({ isolates }) => isolates === 3)) {
      const dollars = dollarsOf(await monthOf(site));
      expect(dollars, site.name).toBeGreaterThan(0);
      expect(dollars, site.name).toBeLessThan(1);
    }
  });

  it("has a report per isolate and minute for each object, and at most three alarms of an object in a minute", async () => {
    const minutes = 12 * 60 * 30;
    for (const webhook of [false, true]) {
      const objects = webhook ? 2 : 1;
      const { reports, objectRequests } = await monthOf({ name: "small", isolates: 3, hours: 12, webhook });
      expect(reports).toBeLessThanOrEqual(3 * minutes * objects);
      expect(reports).toBeGreaterThan(2.8 * minutes * objects);
      expect(objectRequests - reports).toBeLessThanOrEqual(3 * minutes * objects);
    }
  });
});
