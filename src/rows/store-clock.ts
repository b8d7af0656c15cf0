import type { Log } from "../log.ts";
import { CLOCKS_APART_MS } from "../session/change.ts";

/** The store, whose clock is compared with this clock. */
export interface StoreClockParts {
  /** The name that the log shows. */
  readonly store: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** Turns times of this clock into times of the store's clock, in milliseconds since 1970. */
export interface StoreTimes {
  /** The time at the store is not before `at`. */
  atLeast(at: number): number;
  /** The time at the store is not after `at`. */
  atMost(at: number): number;
}

const LOGGED_EVERY_MS = 60_000;

/**
 * Compares the clock of a store with this clock. Servers of stores drift, so a time of this clock means nothing to them. `askedAt` and
 * the moment of the call enclose the moment at which the store told its time, so its offset lies between two bounds. Clocks that are more
 * than a second apart are logged, once a minute.
 */
export function createStoreClock({ store, clock, log }: StoreClockParts) {
  let loggedAt = Number.NEGATIVE_INFINITY;

  return (storeNow: number | undefined, askedAt: number): StoreTimes => {
    if (storeNow === undefined) return { atLeast: (at) => at, atMost: (at) => at };
    const answeredAt = clock();
    const least = storeNow - answeredAt;
    const most = storeNow - askedAt;
    const apartMs = least > 0 ? least : Math.min(most, 0);
    if (Math.abs(apartMs) > CLOCKS_APART_MS && answeredAt >= loggedAt + LOGGED_EVERY_MS) {
      loggedAt = answeredAt;
      log({ event: "store_clock_apart", store, apartMs });
    }
    return { atLeast: (at) => at + most, atMost: (at) => at + least };
  };
}
