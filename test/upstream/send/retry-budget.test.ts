import { describe, expect, it } from "vitest";
import { createRetryBudget, type RetryBudget } from "../../../src/upstream/send/retries.ts";
import { at } from "../../support/time.ts";

const deposit = (budget: RetryBudget, count: number, second: number) => {
  for (let request = 0; request < count; request++) budget.deposit(at(second));
};
/** How many retries it allows at a time, up to a thousand, if each is of the next client. */
const allowed = (budget: RetryBudget, second: number, clientOf = (nth: number) => `client ${nth}`) => {
  let count = 0;
  while (count < 1_000 && budget.withdraw(clientOf(count), at(second))) count++;
  return count;
};
/** A time, in seconds from the beginning of a window. */
const inWindows = (seconds: number) => at(0) - (at(0) % 10_000) + seconds * 1000;

describe("a retry budget", () => {
  it.each<[number, number, number, number]>([
    [20, 20, 0, 20],
    [20, 20, 100, 40],
    [20, 0, 4, 0],
    [20, 0, 5, 1],
    [20, 0, 9, 1],
    [0, 3, 1_000, 3],
    [100, 0, 7, 7],
    [0, 0, 1_000, 0],
  ])(
    "of %i %% and %i allows for %i requests %i retries, and no more",
    (budgetPercent, minRetries, requests, retries) => {
      const budget = createRetryBudget({ budgetPercent, minRetries });
      deposit(budget, requests, 0);
      expect(allowed(budget, 0)).toBe(retries);
      expect(budget.withdraw("another client", at(0))).toBe(false);
    },
  );

  it("grows with each request", () => {
    const budget = createRetryBudget({ budgetPercent: 50, minRetries: 0 });
    const taken = Array.from({ length: 6 }, (_, nth) => {
      budget.deposit(at(0));
      return budget.withdraw(`client ${nth}`, at(0));
    });
    expect(taken).toEqual([false, true, false, true, false, true]);
  });

  it("looks back ten to twenty seconds: retries that were spent before that are forgotten, and so are earned retries", () => {
    const budget = createRetryBudget({ budgetPercent: 10, minRetries: 1 });
    for (let request = 0; request < 100; request++) budget.deposit(inWindows(5));
    for (let retry = 0; retry < 11; retry++) expect(budget.withdraw(`client ${retry}`, inWindows(9))).toBe(true);
    expect(budget.withdraw("v", inWindows(9.999))).toBe(false);
    expect(budget.withdraw("v", inWindows(10))).toBe(false);
    expect(budget.withdraw("v", inWindows(19.999))).toBe(false);
    expect(budget.withdraw("v", inWindows(20))).toBe(true);
    expect(budget.withdraw("w", inWindows(20))).toBe(false);
  });

  it("carries nothing over a pause", () => {
    const budget = createRetryBudget({ budgetPercent: 100, minRetries: 0 });
    deposit(budget, 100, 0);
    expect(allowed(budget, 3_600)).toBe(0);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [50, 25],
    [51, 26],
  ])("of %i retries gives a single client %i, and the other clients the rest", (minRetries, most) => {
    const budget = createRetryBudget({ budgetPercent: 0, minRetries });
    expect(allowed(budget, 0, () => "scanner")).toBe(most);
    expect(allowed(budget, 0)).toBe(minRetries - most);
  });

  it("leaves retries to others, though two clients take as many as they can", () => {
    const budget = createRetryBudget({ budgetPercent: 0, minRetries: 50 });
    expect(allowed(budget, 0, () => "scanner")).toBe(25);
    expect(allowed(budget, 0, () => "another scanner")).toBe(13);
    expect(allowed(budget, 0, () => "scanner")).toBe(0);
    expect(allowed(budget, 0)).toBe(12);
  });

  it("remembers the retries of a client for as long as it counts them", () => {
    const budget = createRetryBudget({ budgetPercent: 0, minRetries: 4 });
    const scans = (seconds: number) => budget.withdraw("scanner", inWindows(seconds));
    expect([scans(9), scans(9), scans(9)]).toEqual([true, true, false]);
    expect(scans(19.999)).toBe(false);
    expect([scans(20), scans(20), scans(20)]).toEqual([true, true, false]);
    expect([scans(3_600), scans(3_600), scans(3_600)]).toEqual([true, true, false]);
  });
});
