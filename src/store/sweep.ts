import { describeFault, type Log } from "../log.ts";
import { madeAt } from "../session/change.ts";
import type { Authority } from "./contracts.ts";
import { type Fallback, PENDING_SETS } from "./fallback-contract.ts";

/** The result of a sweep. */
export interface Swept {
  /** Sessions whose journal the authority has taken over, or found empty. */
  readonly takenOver: number;
  /** Sessions that are left for the next sweep. */
  readonly left: number;
  /**
   * When the oldest change was made that was found in journals of sessions that are left. Only the session of each set is looked at that
   * was noted first, so another change may be older.
   */
  readonly oldestAt?: number;
  /** Why the index could not be read to its end; absent if it could. */
  readonly cause?: unknown;
}

/** The stores and the clock of a sweep. */
export interface SweepParts {
  readonly fallback: Fallback;
  readonly authority: Authority;
  readonly clock: () => number;
}

const PAGE = 100;
const AT_ONCE = 6;
/** How often the cron trigger fires. */
const EVERY_MS = 60_000;
/** Once in this many sweeps, all sets are read. A fail-over of Redis may have lost the note that a set holds a session. */
const WHOLE_EVERY = 60;
const ALL_SETS = Array.from({ length: PENDING_SETS }, (_, set) => set);
/** A sweep stops after this time, to make room for the next sweep. */
const LASTS_MS = 50_000;

/**
 * Has the authority take over the journals of all sessions that are noted as pending, because their visitors may never come back.
 * A noted session may have no journal, because the note comes first.
 *
 * It reads the sets that are noted to hold a session, and once an hour it reads all sets.
 */
export async function sweep({ fallback, authority, clock }: SweepParts): Promise<Swept> {
  const endsAt = clock() + LASTS_MS;
  let takenOver = 0;
  let left = 0;
  let oldestAt: number | undefined;

  /** Whether nothing is left to do for the session. */
  async function settle(id: string): Promise<boolean> {
    const taken = await authority.takeOver(id);
    if (taken.kind === "unavailable") return false;
    const settled = await fallback.settled(id, taken.seenAt);
    return settled.kind === "forgotten";
  }

  async function sweepSet(set: number, noted: ReadonlySet<number>): Promise<unknown> {
    const beganAt = clock();
    let hasLooked = false;
    for (let offset = 0; clock() < endsAt; ) {
      const page = await fallback.pending(set, offset, PAGE);
      if (page.kind === "unavailable") return page.cause;
      if (page.ids.length === 0) {
        if (offset === 0 && noted.has(set)) await fallback.settledSet(set, beganAt);
        return undefined;
      }
      for (let from = 0; from < page.ids.length && clock() < endsAt; from += AT_ONCE) {
        const ids = page.ids.slice(from, from + AT_ONCE);
        const settled = await Promise.all(ids.map(settle));
        const done = settled.filter(Boolean).length;
        // Only operators are told.
        if (typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS) {
          const first = ids[settled.indexOf(false)];
          if (first !== undefined && !hasLooked) {
            hasLooked = true;
            const found = await fallback.read(first);
            const [entry] = found.kind === "found" ? found.entries : [];
            if (entry) oldestAt = Math.min(oldestAt ?? Infinity, madeAt(entry.change));
          }
        }
        takenOver += done;
        // Sessions that stay in the set stand before the next page.
        offset += settled.length - done;
        left += settled.length - done;
      }
    }
    return undefined;
  }

  const swept = (): Swept => ({ takenOver, left, ...(oldestAt !== undefined && { oldestAt }) });
  const pending = await fallback.pendingSets();
  if (pending.kind === "unavailable") return { takenOver, left, cause: pending.cause };
  const turn = Math.floor(clock() / EVERY_MS);
  const noted = new Set(pending.sets);
  const sets = turn % WHOLE_EVERY === 0 ? ALL_SETS : pending.sets;
  // Each sweep begins with another set. Otherwise sessions out of reach in one set would always use up the time for the others.
  const first = turn % sets.length;
  for (const set of [...sets.slice(first), ...sets.slice(0, first)]) {
    const cause = await sweepSet(set, noted);
    if (cause !== undefined) return { ...swept(), cause };
  }
  return swept();
}

/** The stores that a scheduled sweep uses. */
export interface ScheduledParts {
  readonly authority: Authority;
  readonly fallback: Fallback | undefined;
}

/**
 * The work of a cron trigger: it has the objects take over the changes that Redis has accepted for them. Without Redis it does
 * nothing, and returns `undefined`.
 */
export async function runScheduled({ authority, fallback }: ScheduledParts, log: Log): Promise<Swept | undefined> {
  if (!fallback) return undefined;
  const swept = await sweep({ fallback, authority, clock: Date.now });
  const { takenOver, left, cause } = swept;
  if (takenOver > 0 || left > 0) log({ event: "sweep", takenOver, left });
  if (cause !== undefined) log({ event: "sweep_failed", reason: describeFault(cause) });
  return swept;
}
