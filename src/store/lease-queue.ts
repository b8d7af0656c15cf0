import type { Change } from "../session/change.ts";
import type { SessionRecord } from "../session/record.ts";
import type { LeaseAsk, Locked } from "./contracts.ts";

interface Holder {
  readonly lease: string;
  readonly expiresAt: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

interface Waiter {
  readonly ask: LeaseAsk;
  readonly locked: Promise<Locked>;
  /** Ends the wait; called once. */
  readonly end: (kind: "locked" | "timeout") => void;
}

/** Requests of one session that may wait at once; more are told so at once. */
const MOST_WAITING = 64;

/**
 * The lease of one session, and those who wait for it, first come, first served.
 *
 * It is kept in the object's memory alone: a change is let in by the very object that has given out its lease, so one that was
 * reset, or replaced elsewhere, knows no lease and lets none of them in. The timer that ends a lease also keeps the object from
 * being put to sleep under it.
 */
export class LeaseQueue {
  readonly #clock: () => number;
  readonly #waiting: Waiter[] = [];
  #holder: Holder | undefined;

  /** @param clock milliseconds since 1970. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Waits for the lease, `waitMs` at most. Asked again with the same lease, it is the same wait. */
  take(ask: LeaseAsk): Promise<Locked> {
    const known = this.#waiting.find((waiter) => waiter.ask.lease === ask.lease);
    if (known) return known.locked;
    if (!this.#holder) this.#give(ask);
    if (this.#holder?.lease === ask.lease) return Promise.resolve(this.#answer("locked", this.#clock()));
    if (ask.waitMs === 0 || this.#waiting.length >= MOST_WAITING) {
      return Promise.resolve(this.#answer("timeout", this.#clock()));
    }
    return this.#wait(ask);
  }

  /** Gives the lease back, or leaves the queue. */
  release(lease: string): void {
    const waiter = this.#waiting.find(({ ask }) => ask.lease === lease);
    if (waiter) this.#leave(waiter, "timeout");
    if (this.#holder?.lease === lease) this.#next();
  }

  /**
   * Takes back the lease of a change. `lost`: the change comes too late for it, or to an object that has not given it. A change
   * that was applied before, and whose answer was lost, has spent it then.
   */
  spend({ id, lease }: Change, record: SessionRecord | undefined): "spent" | "lost" {
    if (lease === undefined || record?.recentChanges.some((applied) => applied.id === id)) return "spent";
    const holder = this.#holder;
    if (holder?.lease !== lease || this.#clock() >= holder.expiresAt) return "lost";
    this.#next();
    return "spent";
  }

  #wait(ask: LeaseAsk): Promise<Locked> {
    const askedAt = this.#clock();
    const { promise, resolve } = Promise.withResolvers<Locked>();
    const timer = setTimeout(() => this.#leave(waiter, "timeout"), ask.waitMs);
    const waiter: Waiter = {
      ask,
      locked: promise,
      end: (kind) => {
        clearTimeout(timer);
        resolve(this.#answer(kind, askedAt));
      },
    };
    this.#waiting.push(waiter);
    return promise;
  }

  #leave(waiter: Waiter, kind: "locked" | "timeout"): void {
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    waiter.end(kind);
  }

  #give({ lease, lastsMs }: LeaseAsk): void {
    const timer = setTimeout(() => this.#next(), lastsMs);
    this.#holder = { lease, expiresAt: this.#clock() + lastsMs, timer };
  }

  #next(): void {
    if (this.#holder) clearTimeout(this.#holder.timer);
    this.#holder = undefined;
    const [first] = this.#waiting;
    if (!first) return;
    this.#give(first.ask);
    this.#leave(first, "locked");
  }

  #answer(kind: "locked" | "timeout", askedAt: number): Locked {
    return { kind, waitedMs: this.#clock() - askedAt, waiting: this.#waiting.length };
  }
}
