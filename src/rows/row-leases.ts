import type { Change } from "../session/change.ts";
import type { SessionRecord } from "../session/record.ts";
import type { LeaseAsk } from "../store/contracts.ts";

/** The lease of a session and the requests that wait for it, as its row keeps them. Times are milliseconds since 1970. */
export interface Leases {
  readonly holder?: { readonly lease: string; readonly until: number } | undefined;
  /** First come, first served. `askedAt`: when the request last asked; `until`: when it gives up. */
  readonly queue: readonly { readonly lease: string; readonly until: number; readonly askedAt: number }[];
}

/** No lease has been given out. */
export const NO_LEASES: Leases = { queue: [] };

/** A request that has not asked for this long has left with its process, and no longer holds up the requests behind it. */
const GONE_AFTER_MS = 1_000;

/** The leases that are still good at `now`. */
function current({ holder, queue }: Leases, now: number): Leases {
  const waiting = queue.filter(({ until, askedAt }) => now < until && now < askedAt + GONE_AFTER_MS);
  return { ...(holder && now < holder.until ? { holder } : {}), queue: waiting };
}

/** Whether nobody has the lease or waits for it. */
export function isIdle({ holder, queue }: Leases): boolean {
  return holder === undefined && queue.length === 0;
}

/** The outcome of asking. `full`: too many requests wait already. */
export interface Asked {
  readonly kind: "locked" | "waiting" | "full";
  readonly leases: Leases;
}

/** A request asks for the lease, for the first time or again. `waitsUntil`: when it gives up. */
export function ask(
  held: Leases,
  { lease, lastsMs }: LeaseAsk,
  { waitsUntil, mostWaiting, now }: { waitsUntil: number; mostWaiting: number; now: number },
): Asked {
  const known = current(held, now);
  const place = known.queue.findIndex((waiter) => waiter.lease === lease);
  if (known.holder?.lease === lease) return { kind: "locked", leases: known };
  if (!known.holder && place <= 0 && (place === 0 || known.queue.length === 0)) {
    return { kind: "locked", leases: { holder: { lease, until: now + lastsMs }, queue: known.queue.slice(place + 1) } };
  }
  if (place < 0 && (now >= waitsUntil || known.queue.length >= mostWaiting)) return { kind: "full", leases: known };
  const waiter = { lease, until: waitsUntil, askedAt: now };
  const queue = place < 0 ? [...known.queue, waiter] : known.queue.with(place, waiter);
  return { kind: "waiting", leases: { ...known, queue } };
}

/** Gives the lease back, or leaves the queue. */
export function release(held: Leases, lease: string, now: number): Leases {
  const { holder, queue } = current(held, now);
  return {
    ...(holder && holder.lease !== lease ? { holder } : {}),
    queue: queue.filter((other) => other.lease !== lease),
  };
}

/**
 * Takes back the lease of a change, in one step with the change. `lost`: the lease was already over. If the change was already applied and
 * its answer was lost, the lease counts as spent.
 */
export function spend(
  held: Leases,
  { id, lease }: Change,
  record: SessionRecord | undefined,
  now: number,
): { readonly kind: "spent" | "lost"; readonly leases: Leases } {
  if (lease === undefined || record?.recentChanges.some((applied) => applied.id === id)) {
    return { kind: "spent", leases: held };
  }
  if (current(held, now).holder?.lease !== lease) return { kind: "lost", leases: held };
  return { kind: "spent", leases: release(held, lease, now) };
}
