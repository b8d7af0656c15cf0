import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { STORE_BUILDS, storeKib } from "../../bench/stores/sizes.ts";
import type { AuthorityConfig } from "../../src/config/types.ts";
import { ROW_STORES } from "../../src/row-stores/registry.ts";

const folder = await mkdtemp(join(tmpdir(), "moor-store-sizes-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the Worker for one store of sessions", () => {
  it("has a budget for each store", () => {
    expect(Object.keys(STORE_BUILDS).sort()).toEqual(["object", "cookie", ...Object.keys(ROW_STORES)].sort());
  });

  it.each(Object.entries(STORE_BUILDS))("is within its budget: %s", async (type, { label, budgetKib }) => {
    const kib = await storeKib(type as AuthorityConfig["type"], folder);
    expect(kib).toBeLessThanOrEqual(budgetKib);
    const guide = await readFile("docs/guide/choosing-a-store.md", "utf8");
    const [, shown = "", budget] = new RegExp(`^\\| ${label} \\| ([\\d.]+) \\| ([\\d.]+) \\|$`, "m").exec(guide) ?? [];
    expect(budget).toBe(budgetKib.toFixed(1));
    // The figure is that of a day. The next change may move it a little, and must not leave it behind.
    expect(Math.abs(kib - Number(shown))).toBeLessThan(2);
  });
});
