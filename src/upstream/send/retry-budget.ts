import type { ResolvedRetryBudget } from "../../config/resolved.ts";

/** How many requests of a pool this isolate may still send again. */
export interface RetryBudget {
  /** Counts a request. */
  deposit(now: number): void;
  /** Takes one retry; `false`: there is none left. */
  withdraw(now: number): boolean;
}

/** Requests and retries of the window before this one still count, so the budget looks back one to two windows. */
const WINDOW_MS = 10_000;

/**
 * Allows `minRetries` retries and `budgetPercent` of the requests that have come, of the last 10 to 20 seconds: so however much fails,
 * origins get hardly more requests than there are. It counts requests and not, as Envoy's `retry_budget`, those that are
 * under way: of what fails at once there is never much under way, and a storm of it would pass.
 */
export function createRetryBudget({ budgetPercent, minRetries }: ResolvedRetryBudget): RetryBudget {
  let beganAt = 0;
  let [requests, requestsBefore, retries, retriesBefore] = [0, 0, 0, 0];

  function turn(now: number): void {
    const windows = Math.floor((now - beganAt) / WINDOW_MS);
    if (windows < 1) return;
    requestsBefore = windows === 1 ? requests : 0;
    retriesBefore = windows === 1 ? retries : 0;
    requests = retries = 0;
    beganAt += windows * WINDOW_MS;
  }

  return {
    deposit(now) {
      turn(now);
      requests++;
    },
    withdraw(now) {
      turn(now);
      const allowed = (requests + requestsBefore) * budgetPercent + minRetries * 100;
      if ((retries + retriesBefore + 1) * 100 > allowed) return false;
      retries++;
      return true;
    },
  };
}
