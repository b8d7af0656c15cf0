import type { Change, Ref } from "../../session/change.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { LeaseAsk, Locked } from "../../store/contracts.ts";

/** A request for the lease. `ref` is absent if older code asks. */
type Ask = LeaseAsk & { readonly ref?: Ref };

interface Holder {
  readonly ask: Ask;
  readonly expiresAt: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

type Told = Exclude<Locked["kind"], "unavailable">;

interface Waiter {
  readonly ask: Ask;
  readonly locked: Promise<Locked>;
  /** Ends the wait; called once. */
  readonly end: (kind: Told) => void;
}

/** How many requests of one session may wait at once. A further request is refused at once, as if its time were up. */
const MOST_WAITING = 64;

/**
 * The lease of one session, and the requests that wait for it, first come, first served.
 *
 * It is kept in the object's memory alone. The object that gave out a lease is the object that lets the lease's change in. An
 * object that was reset, or replaced elsewhere, knows no lease and lets no such change in. The timer that ends a lease also keeps
 * the object from being put to sleep during the lease.
 *
 * A request gets the lease, waits for it, and keeps it only while the session has something for the request. Otherwise a thief
 * who copied a token before a login could hold up its owner.
 */
export class LeaseQueue {
  readonly #clock: () => number;
  readonly #isOver: (ref: Ref) => boolean;
  readonly #waiting: Waiter[] = [];
  #holder: Holder | undefined;

  /**
   * @param clock milliseconds since 1970.
   * @param isOver whether the session has nothing more for the request of this `ref`.
   */
  constructor(clock: () => number, isOver: (ref: Ref) => boolean) {
    this.#clock = clock;
    this.#isOver = isOver;
  }

  /** Waits for the lease, at most `waitMs`. A second call with the same lease joins the same wait. */
  take(ask: Ask): Promise<Locked> {
    const known = this.#waiting.find((waiter) => waiter.ask.lease === ask.lease);
    if (known) return known.locked;
    if (this.#hasNothingFor(ask)) return Promise.resolve(this.#answer("over", this.#clock()));
    if (this.#holder && this.#hasNothingFor(this.#holder.ask)) this.#next();
    if (!this.#holder) this.#give(ask);
    if (this.#holder?.ask.lease === ask.lease) return Promise.resolve(this.#answer("locked", this.#clock()));
    if (ask.waitMs === 0 || this.#waiting.length >= MOST_WAITING) {
      return Promise.resolve(this.#answer("timeout", this.#clock()));
    }
    return this.#wait(ask);
  }

  /** Gives the lease back, or leaves the queue. */
  release(lease: string): void {
    const waiter = this.#waiting.find(({ ask }) => ask.lease === lease);
    if (waiter) this.#leave(waiter, "timeout");
    if (this.#holder?.ask.lease === lease) this.#next();
  }

  /**
   * Takes back the lease of a change. `lost`: the lease was already over, or this object did not give it out. If the change was
   * already applied and its answer was lost, the lease counts as spent.
   */
  spend({ id, lease }: Change, record: SessionRecord | undefined): "spent" | "lost" {
    if (lease === undefined || record?.recentChanges.some((applied) => applied.id === id)) return "spent";
    const holder = this.#holder;
    if (holder?.ask.lease !== lease || this.#clock() >= holder.expiresAt) return "lost";
    // The change may decide which request comes next, so it is applied first.
    queueMicrotask(() => this.release(lease));
    return "spent";
  }

  #hasNothingFor({ ref }: Ask): boolean {
    return ref !== undefined && this.#isOver(ref);
  }

  #wait(ask: Ask): Promise<Locked> {
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

  #leave(waiter: Waiter, kind: Told): void {
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    waiter.end(kind);
  }

  #give(ask: Ask): void {
    const timer = setTimeout(() => this.#next(), ask.lastsMs);
    this.#holder = { ask, expiresAt: this.#clock() + ask.lastsMs, timer };
  }

  #next(): void {
    if (this.#holder) clearTimeout(this.#holder.timer);
    this.#holder = undefined;
    for (const waiter of this.#waiting.filter(({ ask }) => this.#hasNothingFor(ask))) this.#leave(waiter, "over");
    const [first] = this.#waiting;
    if (!first) return;
    this.#give(first.ask);
    this.#leave(first, "locked");
  }

  #answer(kind: Told, askedAt: number): Locked {
    return { kind, waitedMs: this.#clock() - askedAt, waiting: this.#waiting.length };
  }
}
