import { afterEach, expect, it, vi } from "vitest";
import { d1Rows } from "../../src/row-stores/d1.ts";

afterEach(() => vi.useRealTimers());

const rowsIn = (all: () => Promise<{ results: unknown[] }>) => d1Rows({ prepare: () => ({ bind: () => ({ all }) }) });

it("each call of D1 costs money, so a hot session gives up sooner", () => {
  expect(rowsIn(async () => ({ results: [] })).isMetered).toBe(true);
});

it("a D1 that says nothing is unavailable after a second and a half", async () => {
  vi.useFakeTimers();
  const read = rowsIn(() => new Promise(() => {})).read("session:a");
  await vi.advanceTimersByTimeAsync(1_500);
  expect(await read).toMatchObject({ kind: "unavailable", cause: { message: "d1: it did not answer" } });
});

it.each([
  ["D1_ERROR: no such table: moor_rows: SELECT 'secret'", "the table moor_rows is missing"],
  ["D1_ERROR: SQLITE_BUSY: secret", "SQLITE_BUSY"],
  ["secret", "it did not answer"],
])("a fault of D1 is told without its text: %s", async (text, told) => {
  const read = await rowsIn(() => Promise.reject(new Error(text))).read("session:a");
  expect(read).toMatchObject({ kind: "unavailable", cause: { message: expect.stringContaining(told) } });
  expect(String("cause" in read && read.cause)).not.toContain("secret");
});
