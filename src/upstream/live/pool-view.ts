import { withinDeadline } from "../../lib/deadline.ts";
import { describeFault, type Log } from "../../log.ts";
import type { Closures } from "../choose/birth.ts";
import { closuresById, type PoolState, unhealthyById } from "./pool-state.ts";

/** A pool's live state as an isolate knows it. */
export interface PoolView {
  /** A change makes a new object; `undefined`: nothing is known, or there has never been a closure. */
  closures(): Closures | undefined;
  /**
   * Until when probes call origins unhealthy, by origin id. `undefined`: nothing is known, or no origin is unhealthy.
   */
  unhealthy(): ReadonlyMap<string, number> | undefined;
  /**
   * Looks for news, if it is time to. Call it for each request before its origins are chosen.
   *
   * @returns a promise that the request has to wait for, else `undefined`. An isolate that has not looked for
   * {@link OLDEST_VIEW_MS}, or never, may have missed a state that all other isolates act on.
   */
  look(now: number): Promise<void> | undefined;
}

/** The parts that a view works with. */
export interface PoolViewParts {
  readonly pool: string;
  /** @throws what is wrong with it, or with where it is. */
  readonly read: () => Promise<PoolState | undefined>;
  /** Holds on to work behind the response. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  readonly clock: () => number;
  readonly log: Log;
}

/** How often an isolate looks for news at most. */
export const LOOK_EVERY_MS = 30_000;
/** A view this old is renewed before a request is served by it. */
export const OLDEST_VIEW_MS = 45_000;
/** How long a request waits for the news. After that the request continues with the state that is known. */
const WAIT_MS = 500;
const READ_MS = 5_000;

/** An isolate's view of a pool. It begins empty, never goes back to an older version, and outlives the loss of KV. */
export function createPoolView({ pool, read, keepAlive, clock, log }: PoolViewParts): PoolView {
  let version = 0;
  let closures: Closures | undefined;
  let unhealthy: ReadonlyMap<string, number> | undefined;
  let lookedAt = -Infinity;
  let settledAt = -Infinity;
  let isTold = false;

  async function renew(): Promise<void> {
    try {
      const state = await withinDeadline(read(), READ_MS);
      if (state && state.version > version) {
        version = state.version;
        closures = closuresById(state);
        unhealthy = unhealthyById(state);
      }
      isTold = false;
    } catch (cause) {
      // Once, until it can be read again.
      if (!isTold) log({ event: "pool_state_unread", pool, reason: describeFault(cause) });
      isTold = true;
    }
    settledAt = clock();
  }

  async function wait(renewal: Promise<void>): Promise<void> {
    await withinDeadline(renewal, WAIT_MS).catch(() => {
      settledAt = clock();
    });
  }

  return {
    closures: () => closures,
    unhealthy: () => unhealthy,
    look(now) {
      const isLate = now - settledAt > OLDEST_VIEW_MS;
      // A request never waits for a look that another request has begun: on Workers that promise might not settle.
      if (!isLate && now - lookedAt < LOOK_EVERY_MS) return undefined;
      lookedAt = now;
      const renewal = renew();
      keepAlive(renewal);
      return isLate ? wait(renewal) : undefined;
    },
  };
}
