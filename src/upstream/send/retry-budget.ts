import type { ResolvedRetryBudget } from "../../config/resolved.ts";

/** How many requests of a pool this isolate may still send again. */
export interface RetryBudget {
  /** Counts a request. */
  deposit(now: number): void;
  /** Takes one retry; `false`: no retry is left. */
  withdraw(now: number): boolean;
}

/** Requests and retries of the previous window still count, so the budget looks back one to two windows. */
const WINDOW_MS = 10_000;

/**
 * Allows `minRetries` retries, and `budgetPercent` of the requests of the last 10 to 20 seconds. However many requests
 * fail, origins get hardly more requests than visitors send. The budget counts all requests. Envoy's `retry_budget`
 * counts the requests that are under way. If requests fail at once, there are never many under way, so a storm of them
 * would pass.
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
