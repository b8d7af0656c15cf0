import { expect, it } from "vitest";
import { createSecondTries } from "../../../src/upstream/send/retries.ts";

const times = (count: number, act: () => boolean) => Array.from({ length: count }, act);

it("are for the first four connections that an origin loses, until it answers", () => {
  const tries = createSecondTries(2);
  expect(times(6, () => tries.isDue(0))).toEqual([true, true, true, true, false, false]);
  tries.answered(0);
  expect(times(5, () => tries.isDue(0))).toEqual([true, true, true, true, false]);
});

it("are counted for each origin by itself", () => {
  const tries = createSecondTries(2);
  times(5, () => tries.isDue(0));
  expect(tries.isDue(1)).toBe(true);
  tries.answered(1);
  expect(tries.isDue(0)).toBe(false);
});
