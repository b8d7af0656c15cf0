import { type Timer, TimerQueue } from "./timer-queue.ts";

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves `ms` milliseconds later, for 0 and below after what is under way; at most 2^31 - 1. */
  sleep(ms: number): Promise<void>;
}

/** The platform's own. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The platform's timers, as far as a virtual clock stands in for them. */
export interface Timers {
  setTimeout<Args extends unknown[]>(callback: (...args: Args) => void, ms?: number, ...args: Args): number;
  clearTimeout(id?: number | null): void;
}

/** A clock that moves only while it is run: from timer to timer, in no time. */
export interface VirtualClock extends Clock, Timers {
  /**
   * Runs timers in order of their time; timers of the same time run in the order in which they were set. It stops when
   * no timer is left, or no timer up to `until`, at which time the clock then stands. Before each timer, all work that
   * waits for no timer has its turn.
   *
   * @param options.until milliseconds since 1970. Default: without end; timers that keep setting timers may then never
   * end.
   * @throws the error that a timer throws.
   */
  run(options?: { until?: number }): Promise<void>;
  /**
   * Replaces the global `setTimeout` and `clearTimeout` with this clock's, and returns a function that restores them.
   * `Date`, `setInterval` and `AbortSignal.timeout` stay as they are.
   */
  install(): () => void;
}

/** The start of a virtual clock, and the work between its timers. */
export interface VirtualClockOptions {
  /** Milliseconds since 1970. */
  readonly start: number;
  /**
   * Lets everything happen that waits for no timer: in Node, `setImmediate`. Where the code under test does real work (Web
   * Crypto, sockets), it waits for that as well, or time passes meanwhile. It must not use the timers that this clock
   * stands in for.
   */
  readonly turn: () => Promise<void>;
}

/** A clock on which hours pass in milliseconds, and every run with the same events takes the same course. */
export function createVirtualClock({ start, turn }: VirtualClockOptions): VirtualClock {
  const queue = new TimerQueue();
  const pending = new Set<number>();
  let now = start;
  let lastId = 0;

  const timers: Timers = {
    setTimeout(callback, ms = 0, ...args) {
      const id = ++lastId;
      // The platform's timers, too, take a value that is not a number of milliseconds as 0.
      queue.add({ id, at: now + (ms > 0 ? ms : 0), call: () => callback(...args) });
      pending.add(id);
      return id;
    },
    clearTimeout(id) {
      if (id) pending.delete(id);
    },
  };

  /** Drops what was cancelled on the way. */
  function takeDue(until: number): Timer | undefined {
    for (let timer = queue.first(); timer && timer.at <= until; timer = queue.first()) {
      queue.removeFirst();
      if (pending.delete(timer.id)) return timer;
    }
    return undefined;
  }

  return {
    ...timers,
    now: () => now,
    sleep: (ms) => new Promise((resolve) => timers.setTimeout(resolve, ms)),

    async run({ until = Number.POSITIVE_INFINITY } = {}) {
      for (;;) {
        await turn();
        const timer = takeDue(until);
        if (!timer) break;
        now = timer.at;
        timer.call();
      }
      if (until < Number.POSITIVE_INFINITY) now = Math.max(now, until);
    },

    install() {
      const scope = globalThis as unknown as Timers;
      const { setTimeout, clearTimeout } = scope;
      Object.assign(scope, timers);
      return () => {
        Object.assign(scope, { setTimeout, clearTimeout });
      };
    },
  };
}
