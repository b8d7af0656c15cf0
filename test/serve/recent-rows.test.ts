import { beforeEach, expect, it } from "vitest";
import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import { createRecentRows } from "../../src/serve/recent-rows.ts";
import { processOf } from "../rows/pools-world.ts";
import { T0 } from "../support/time.ts";

const READ = { type: "text", cacheTtl: 60 } as const;
const inSeconds = (seconds: number) => ({ expiration: T0 / 1000 + seconds });
let now: number;
let rows: RowsInMemory;
beforeEach(() => {
  now = T0;
  // As in Postgres, where a row stays until the cron job frees it.
  rows = createRowsInMemory({ clock: () => now, freesByItself: false });
});
const process = (store = rows.store) =>
  createRecentRows(processOf(store, { clock: () => now, log: () => {} }).transact, () => now);

it("tells every process that visitors still come, for each old application by itself", async () => {
  const [one, other] = [process(), process()];
  expect(await other.get("a/app", READ)).toBeNull();
  await one.put("a/app", "7", inSeconds(60));
  expect(await other.get("a/app", READ)).toBe("7");
  expect(await other.get("a/shop", READ)).toBeNull();
});

it("forgets it at its time, although the row is still there", async () => {
  await process().put("a/app", "7", inSeconds(60));
  now += 59_999;
  expect(await process().get("a/app", READ)).toBe("7");
  now += 1;
  expect(await process().get("a/app", READ)).toBeNull();
});

it("fails while the store is away, in place of the answer that nobody comes from there", async () => {
  const cause = new Error("the store is away");
  const fault = { kind: "unavailable" as const, cause };
  const away = process({ ...rows.store, read: async () => fault, write: async () => fault });
  await expect(away.get("a/app", READ)).rejects.toBe(cause);
  await expect(away.put("a/app", "7", inSeconds(60))).rejects.toBe(cause);
});
