import { describe, expect, it } from "vitest";
import { createRetryBudget, type RetryBudget } from "../../../src/upstream/send/retry-budget.ts";
import { at } from "../../support/time.ts";

const deposit = (budget: RetryBudget, count: number, second: number) => {
  for (let request = 0; request < count; request++) budget.deposit(at(second));
};
/** How many retries it allows at a time, up to a thousand. */
const allowed = (budget: RetryBudget, second: number) => {
  let count = 0;
  while (count < 1_000 && budget.withdraw(at(second))) count++;
  return count;
};

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
      expect(budget.withdraw(at(0))).toBe(false);
    },
  );

  it("grows with each request", () => {
    const budget = createRetryBudget({ budgetPercent: 50, minRetries: 0 });
    const taken = Array.from({ length: 6 }, () => {
      budget.deposit(at(0));
      return budget.withdraw(at(0));
    });
    expect(taken).toEqual([false, true, false, true, false, true]);
  });

  it("looks back ten to twenty seconds: retries that were spent before that are forgotten, and so are earned retries", () => {
    const second = (seconds: number) => at(0) - (at(0) % 10_000) + seconds * 1000;
    const budget = createRetryBudget({ budgetPercent: 10, minRetries: 1 });
    for (let request = 0; request < 100; request++) budget.deposit(second(5));
    for (let retry = 0; retry < 11; retry++) expect(budget.withdraw(second(9))).toBe(true);
    expect(budget.withdraw(second(9.999))).toBe(false);
    expect(budget.withdraw(second(10))).toBe(false);
    expect(budget.withdraw(second(19.999))).toBe(false);
    expect(budget.withdraw(second(20))).toBe(true);
    expect(budget.withdraw(second(20))).toBe(false);
  });

  it("carries nothing over a pause", () => {
    const budget = createRetryBudget({ budgetPercent: 100, minRetries: 0 });
    deposit(budget, 100, 0);
    expect(allowed(budget, 3_600)).toBe(0);
  });
});
