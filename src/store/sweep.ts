import { describeFault, type Log } from "../log.ts";
import type { Authority } from "./contracts.ts";
import { type Fallback, PENDING_SETS } from "./redis/contract.ts";

/** What a sweep came to. */
export interface Swept {
  /** Sessions whose journal the authority has taken over, or found empty. */
  readonly takenOver: number;
  /** Sessions that are left for the next sweep. */
  readonly left: number;
  /** Why the index could not be read to its end, if so. */
  readonly cause?: unknown;
}

/** What a sweep works with. */
export interface SweepParts {
  readonly fallback: Fallback;
  readonly authority: Authority;
  readonly clock: () => number;
}

const PAGE = 100;
const AT_ONCE = 6;
/** How often the cron trigger fires. */
const EVERY_MS = 60_000;
/** Every so many sweeps all sets are read: a fail-over of Redis may have lost the note that one holds a session. */
const WHOLE_EVERY = 60;
const ALL_SETS = Array.from({ length: PENDING_SETS }, (_, set) => set);
/** A sweep makes room for the next one. */
const LASTS_MS = 50_000;

/**
 * Has the authority take over the journals of all sessions that are noted as pending: their visitors may never come back.
 * What is noted may have no journal, since it is noted first.
 *
 * It reads the sets that are noted to hold a session, and once an hour all of them.
 */
export async function sweep({ fallback, authority, clock }: SweepParts): Promise<Swept> {
  const endsAt = clock() + LASTS_MS;
  let takenOver = 0;
  let left = 0;

  /** Whether nothing of the session is left to do. */
  async function settle(id: string): Promise<boolean> {
    const taken = await authority.takeOver(id);
    if (taken.kind === "unavailable") return false;
    const settled = await fallback.settled(id, taken.seenAt);
    return settled.kind === "forgotten";
  }

  async function sweepSet(set: number, noted: ReadonlySet<number>): Promise<unknown> {
    const beganAt = clock();
    for (let offset = 0; clock() < endsAt; ) {
      const page = await fallback.pending(set, offset, PAGE);
      if (page.kind === "unavailable") return page.cause;
      if (page.ids.length === 0) {
        if (offset === 0 && noted.has(set)) await fallback.settledSet(set, beganAt);
        return undefined;
      }
      for (let from = 0; from < page.ids.length && clock() < endsAt; from += AT_ONCE) {
        const settled = await Promise.all(page.ids.slice(from, from + AT_ONCE).map(settle));
        const done = settled.filter(Boolean).length;
        takenOver += done;
        // What stays in the set stands before the next page.
        offset += settled.length - done;
        left += settled.length - done;
      }
    }
    return undefined;
  }

  const pending = await fallback.pendingSets();
  if (pending.kind === "unavailable") return { takenOver, left, cause: pending.cause };
  const turn = Math.floor(clock() / EVERY_MS);
  const noted = new Set(pending.sets);
  const sets = turn % WHOLE_EVERY === 0 ? ALL_SETS : pending.sets;
  // Each sweep begins with another set: what is out of reach would use up the time of the others for good.
  const first = turn % sets.length;
  for (const set of [...sets.slice(first), ...sets.slice(0, first)]) {
    const cause = await sweepSet(set, noted);
    if (cause !== undefined) return { takenOver, left, cause };
  }
  return { takenOver, left };
}

/** What the sweep works with. */
export interface ScheduledParts {
  readonly authority: Authority;
  readonly fallback: Fallback | undefined;
}

/** What a cron trigger runs: has the objects take over what Redis has accepted for them. Without Redis it does nothing. */
export async function runScheduled({ authority, fallback }: ScheduledParts, log: Log): Promise<void> {
  if (!fallback) return;
  const { takenOver, left, cause } = await sweep({ fallback, authority, clock: Date.now });
  if (takenOver > 0 || left > 0) log({ event: "sweep", takenOver, left });
  if (cause !== undefined) log({ event: "sweep_failed", reason: describeFault(cause) });
}
