import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { getPlatformProxy, type PlatformProxy } from "wrangler";
import { type Database, d1, d1Rows, SQLITE } from "../../../src/row-stores/d1.ts";
import { SCHEMA, statementsFor } from "../../../src/row-stores/sql/statements.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { COMPATIBILITY_DATE } from "../../support/node/workerd-config.ts";

/** The D1 of wrangler may be slow on a busy machine. */
const DEADLINE_MS = 60_000;

type Databases = Record<"ROWS" | "EMPTY", Database>;
let folder: string;
let platform: PlatformProxy<Databases>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moor-d1-"));
  const configPath = join(folder, "wrangler.json");
  const databases = ["ROWS", "EMPTY"].map((binding) => ({ binding, database_name: binding, database_id: binding }));
  const settings = { name: "d1", compatibility_date: COMPATIBILITY_DATE, d1_databases: databases };
  await writeFile(configPath, JSON.stringify(settings));
  platform = await getPlatformProxy<Databases>({ configPath, persist: false });
  for (const statement of SCHEMA.split(";").filter((text) => text.trim() !== "")) {
    await platform.env.ROWS.prepare(statement).bind().all();
  }
});
afterAll(async () => {
  await platform.dispose();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => vi.useRealTimers());

testRowStore("D1", {
  create: () => d1Rows(platform.env.ROWS, DEADLINE_MS),
  createUnreachable: () => d1Rows(platform.env.EMPTY),
  now: Date.now,
  gaps: gapsOf(d1.guarantees),
});

const { due, free } = statementsFor(SQLITE);

it.each([
  ["rows that are due", due],
  ["rows that may be freed", free],
])("D1 finds %s by the index, and bills no others as read", async (_what, statement) => {
  const { results } = await platform.env.ROWS.prepare(`EXPLAIN QUERY PLAN ${statement}`).bind(10).all();
  const plan = JSON.stringify(results);
  expect(plan).toContain("USING INDEX moor_rows_wakes_at (wakes_at<?)");
  expect(plan).not.toMatch(/SCAN moor_rows|TEMP B-TREE/);
});

testAuthority("an authority on D1", {
  create: () => createRowsWorld({ through: () => d1Rows(platform.env.ROWS, DEADLINE_MS) }).authority,
  createUnreachable: () => createRowsWorld({ through: () => d1Rows(platform.env.EMPTY) }).authority,
  setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
  gaps: [
    {
      reason: "each call costs money, so a change of a session with many writers is given up after twelve attempts",
      cases: ["keeps parallel changes of different attributes, all of them"],
    },
  ],
});
