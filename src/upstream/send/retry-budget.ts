import type { ResolvedRetryBudget } from "../../config/resolved.ts";

/** How many requests of a pool this isolate may still send again. */
export interface RetryBudget {
  /** Counts a request. */
  deposit(now: number): void;
  /** Takes one retry for a client; `false`: the client gets no retry. */
  withdraw(client: string, now: number): boolean;
}

/** Requests and retries of the previous window still count, so the budget looks back one to two windows. */
const WINDOW_MS = 10_000;

/**
 * Allows `minRetries` retries, and `budgetPercent` of the requests of the last 10 to 20 seconds. However many requests
 * fail, origins get hardly more requests than visitors send. The budget counts all requests. Envoy's `retry_budget`
 * counts the requests that are under way. If requests fail at once, there are never many under way, so a storm of them
 * would pass.
 *
 * A client gets another retry only while its retries are fewer than the retries that are left. So no client spends more
 * than half of the budget, and a request that every origin drops does not cost other clients their retries. Memory
 * holds the clients that had a retry in the last 10 to 20 seconds, so it is bounded by the budget itself.
 */
export function createRetryBudget({ budgetPercent, minRetries }: ResolvedRetryBudget): RetryBudget {
  let beganAt = 0;
  let [requests, requestsBefore, retries, retriesBefore] = [0, 0, 0, 0];
  let [own, ownBefore] = [new Map<string, number>(), new Map<string, number>()];

  /** Begins another window. */
  function turn(now: number): void {
    const windows = Math.floor((now - beganAt) / WINDOW_MS);
    requestsBefore = windows === 1 ? requests : 0;
    retriesBefore = windows === 1 ? retries : 0;
    requests = retries = 0;
    const emptied = ownBefore;
    ownBefore = own;
    own = emptied;
    own.clear();
    if (windows > 1) ownBefore.clear();
    beganAt += windows * WINDOW_MS;
  }

  return {
    deposit(now) {
      if (now - beganAt >= WINDOW_MS) turn(now);
      requests++;
    },
    withdraw(client, now) {
      if (now - beganAt >= WINDOW_MS) turn(now);
      const allowed = Math.floor(((requests + requestsBefore) * budgetPercent) / 100) + minRetries;
      const left = allowed - retries - retriesBefore;
      const spent = own.get(client) ?? 0;
      if (spent + (ownBefore.get(client) ?? 0) >= left) return false;
      own.set(client, spent + 1);
      retries++;
      return true;
    },
  };
}
