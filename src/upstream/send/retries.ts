import type { ResolvedRetryBudget, ResolvedRoute } from "../../config/resolved.ts";
import type { AskedParts } from "../../lib/asked.ts";
import type { Body } from "./body.ts";

/** After which failures a request is sent again. */
export interface Retries {
  /** Nothing of the request was sent: the next origin gets it. */
  readonly unsent: boolean;
  /** Its connection was lost. */
  readonly lost: boolean;
  /** The answer was late. `"if-silent"`: retry only if the origin answers nothing else either. */
  readonly timeout: "always" | "if-silent" | "never";
  /** The request was answered with one of these statuses. */
  readonly statuses: ReadonlySet<number>;
  /** How many origins may take it. */
  readonly origins: number;
}

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Compiles after which failures requests of a route are sent again. */
export function createRetries({
  retryOn,
  retryOrigins: origins,
}: Pick<ResolvedRoute, "retryOn" | "retryOrigins">): (request: AskedParts, body: Body) => Retries {
  const on = new Set(retryOn);
  const never: Retries = { unsent: false, lost: false, timeout: "never", statuses: new Set(), origins };
  const onceOnly: Retries = { ...never, unsent: on.has("connect-failure") };
  const again: Retries = {
    ...onceOnly,
    lost: on.has("reset"),
    timeout: on.has("timeout") ? "always" : on.has("reset") ? "if-silent" : "never",
    statuses: new Set([...(on.has("gateway-error") ? [502, 503, 504] : []), ...(on.has("503") ? [503] : [])]),
  };

  return ({ method, headers }, body) => {
    if (body instanceof ReadableStream) return never;
    const mayRepeat = on.has("non-idempotent") || IDEMPOTENT.has(method) || headers.get("Idempotency-Key") !== null;
    // The origin of a WebSocket that was lost may have accepted it.
    return mayRepeat && headers.get("Upgrade") === null ? again : onceOnly;
  };
}

/**
 * Which lost connections are tried once more on the same origin: connections that may have been closed while they were
 * idle.
 */
export interface SecondTries {
  /** Counts a lost connection to the origin at `index` of the pool; whether it is tried once more there. */
  isDue(index: number): boolean;
  /** The origin answered. */
  answered(index: number): void;
}

/** As many requests at once may meet connections that their origin has just closed; when it loses more, it is gone. */
const MOST_LOST_IDLE = 4;

/**
 * Allows a second try to the first few connections that an origin loses after its last answer. If many requests come at
 * once to an origin that is gone, the rest go on to the next origin. So each of them needs one retry of the budget
 * instead of two.
 *
 * @param size origins in the pool.
 */
export function createSecondTries(size: number): SecondTries {
  const lost = new Uint32Array(size);
  return {
    isDue(index) {
      const losses = (lost[index] as number) + 1;
      lost[index] = losses;
      return losses <= MOST_LOST_IDLE;
    },
    answered(index) {
      lost[index] = 0;
    },
  };
}

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
