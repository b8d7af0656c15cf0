/** `closed`: the store is asked; `open`: it is not; `half-open`: one request at a time tries it. */
export type BreakerState = "closed" | "open" | "half-open";

/** Spares a store that fails, and its callers the wait. One for each store and isolate. */
export interface Breaker {
  readonly name: string;
  state(): BreakerState;
  /** A call to the store, if it may be asked now. Whoever makes it tells what came of it. */
  admit(): AdmittedCall | undefined;
}

/** A call that a breaker has let in. */
export interface AdmittedCall {
  /** The store has answered, be it that it cannot do what it was asked. */
  answered(): void;
  /** The store has not answered, and why. */
  failed(cause: unknown): void;
}

/** What a breaker goes by. */
export interface BreakerOptions {
  readonly name: string;
  readonly clock: () => number;
  /** A number from 0 to below 1, as `Math.random` gives. */
  readonly random: () => number;
  /** Told of each change of the state; of why, when a failure has opened it. */
  readonly onChange?: (name: string, state: BreakerState, cause?: unknown) => void;
}

/** Failures running after which it opens: one session's trouble among others' successes opens nothing. */
const FAILURES = 5;
const FIRST_OPEN_MS = 500;
const LONGEST_OPEN_MS = 10_000;
/** No call to a store lasts longer. A caller that leaves may never tell what came of it. */
const LONGEST_CALL_MS = 3_000;

/**
 * A circuit breaker. It opens after five failures running, for half a second at first, twice as long each time that the
 * next try fails, at most ten seconds; each time is shortened at random by up to a half, so that isolates do not come back
 * in step.
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
          // What began before it opened tells nothing of how the store is since.
          if (timesOpened !== openedBefore) return;
          failures++;
          if (current === "half-open" || failures >= FAILURES) open(cause);
        },
      };
    },
  };
}

/** A store that is not asked, since it has failed a moment ago. */
export class BreakerOpenError extends Error {
  override readonly name = "BreakerOpenError";

  constructor(store: string) {
    super(`${store} has failed repeatedly and is not asked for a moment`);
  }
}
