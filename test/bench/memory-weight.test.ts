/** @quick */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

interface Measured {
  readonly shape: string;
  readonly copies: number;
  readonly heap: number;
  readonly weight: number;
}

const SCRIPT = "test/support/node/heap-of-copies.ts";
const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", SCRIPT]);
const measured = stdout
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Measured);

it.each(measured)("copies whose attributes are $shape weigh at least the heap that V8 holds for them", (copies) => {
  expect(copies.heap).toBeGreaterThan(0);
  expect(copies.weight).toBeGreaterThanOrEqual(copies.heap);
});

it("a shop's sessions weigh at most four times the heap that they hold", () => {
  const shop = measured.find(({ shape }) => shape === "a shop's");
  expect(shop?.weight).toBeLessThan(4 * (shop?.heap ?? 0));
});
