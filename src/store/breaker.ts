/** `closed`: the store is asked. `open`: it is not asked. `half-open`: one request at a time tries it. */
export type BreakerState = "closed" | "open" | "half-open";

/** Stops calls to a store that fails, and saves callers the wait. There is one breaker for each store and isolate. */
export interface Breaker {
  readonly name: string;
  state(): BreakerState;
  /** Admits a call to the store, if the store may be asked now. The caller must report the outcome. */
  admit(): AdmittedCall | undefined;
}

/** A call that a breaker has admitted. */
export interface AdmittedCall {
  /** The store has answered, even if the answer was that it cannot do the work. */
  answered(): void;
  /** The store has not answered, and why. */
  failed(cause: unknown): void;
}

/** The settings of a breaker. */
export interface BreakerOptions {
  readonly name: string;
  readonly clock: () => number;
  /** A number from 0 to below 1, as `Math.random` gives. */
  readonly random: () => number;
  /** Called at each change of the state; with the cause, when a failure has opened the breaker. */
  readonly onChange?: (name: string, state: BreakerState, cause?: unknown) => void;
}

/** Consecutive failures after which the breaker opens. One session that fails among others that succeed does not open it. */
const FAILURES = 5;
const FIRST_OPEN_MS = 500;
const LONGEST_OPEN_MS = 10_000;
/** A caller that leaves may never report the outcome. After this time another call tries, even if the first still waits. */
const LONGEST_CALL_MS = 3_000;

/**
 * A circuit breaker. It opens after five consecutive failures, for half a second at first. Each time that the next try fails, it
 * stays open twice as long, at most ten seconds. Each of these times is shortened at random by up to a half, so that isolates do
 * not come back in step.
 */
export function createBreaker({ name, clock, random, onChange = () => {} }: BreakerOptions): Breaker {
  let failures = 0;
  let timesOpened = 0;
  let openMs = 0;
  let nextTryAt = 0;
  let current: BreakerState = "closed";

  function enter(state: BreakerState, cause?: unknown): void {
    if (state === current) return;
    current = state;
    onChange(name, state, cause);
  }

  function open(cause: unknown): void {
    timesOpened++;
    openMs = openMs === 0 ? FIRST_OPEN_MS : Math.min(openMs * 2, LONGEST_OPEN_MS);
    nextTryAt = clock() + openMs * (1 - random() / 2);
    enter("open", cause);
  }

  function answered(): void {
    failures = 0;
    openMs = 0;
    enter("closed");
  }

  return {
    name,
    state: () => current,
    admit() {
      if (current !== "closed") {
        if (clock() < nextTryAt) return undefined;
        nextTryAt = clock() + LONGEST_CALL_MS;
        enter("half-open");
      }
      const openedBefore = timesOpened;
      return {
        answered,
        failed(cause) {
          // A call that began before the breaker opened says nothing about the store's state since then.
          if (timesOpened !== openedBefore) return;
          failures++;
          if (current === "half-open" || failures >= FAILURES) open(cause);
        },
      };
    },
  };
}

/** The breaker is open: the store is not asked, because it failed a moment ago. */
export class BreakerOpenError extends Error {
  override readonly name = "BreakerOpenError";

  constructor(store: string) {
    super(`${store} has failed repeatedly and is not asked for a moment`);
  }
}
