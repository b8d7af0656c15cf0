import type { Ref } from "../../session/change.ts";
import { deadlinePassed } from "../../session/deadlines.ts";
import { coversMark } from "../../session/freshness.ts";
import { type JournalEntry, takeIn } from "../../session/journal.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { TakenOver } from "../../store/contracts.ts";
import type { Fallback } from "../../store/fallback-contract.ts";
import { backupOf } from "./backups.ts";
import type { Outside, SessionRows } from "./session-rows.ts";

/** The stores and the clock for looks at the journal. */
export interface JournalWatchParts {
  readonly rows: SessionRows;
  readonly fallback: Fallback;
  readonly clock: () => number;
  /** Stores a record into which entries were taken. `loaded` is the record before that. */
  readonly save: (record: SessionRecord, loaded: SessionRecord | undefined) => void;
}

/** Looks at one session's journal, and takes over the changes that it holds: one look at a time. */
export class JournalWatch {
  readonly #parts: JournalWatchParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: JournalWatchParts) {
    this.#parts = parts;
  }

  /**
   * Takes over the changes that the journal holds. When the turn of this look comes, `isDue` may say that another look has
   * already done it.
   *
   * @throws the errors of the storage.
   */
  async look(id: string, isDue: () => boolean = () => true): Promise<TakenOver> {
    const ahead = this.#last;
    const look = ahead.then(() => (isDue() ? this.#lookNow(id) : this.#seen()));
    // A fault of this look must not fail the look that waits for the next turn.
    this.#last = look.catch(() => {});
    return look;
  }

  /** Looks at the journal if a request must not be answered without a look; `undefined`: it may be answered. */
  lookIfDue(ref: Ref): Promise<TakenOver> | undefined {
    const { rows } = this.#parts;
    const isMarked = () => ref.markedAt !== undefined && !coversMark(rows.outside().journalSeenAt, ref.markedAt);
    const isDue = () => this.#mayBeChangedBy(ref) && (isMarked() || this.#isIdle(ref));
    return isDue() ? this.look(ref.id, isDue) : undefined;
  }

  /** Whether a change in the journal could matter. An end is final, and only a birth founds a session. */
  #mayBeChangedBy(ref: Ref): boolean {
    const record = this.#parts.rows.load();
    return record ? !record.ended : ref.bornAt !== 0;
  }

  #isIdle(ref: Ref): boolean {
    const record = this.#parts.rows.load();
    return record !== undefined && deadlinePassed(record, ref.arrivedAt) === "idle";
  }

  async #lookNow(id: string): Promise<TakenOver> {
    const { rows, fallback, clock, save } = this.#parts;
    const seenAt = clock();
    const found = await fallback.read(id);
    if (found.kind === "unavailable") return found;
    const { entries } = found;
    const record = rows.load();
    const taken = takeIn(record, entries, clock());
    if (taken && taken !== record) save(taken, record);
    if (entries.length === 0) rows.noteAnswer({ sentAt: seenAt, journal: "empty" });
    else {
      rows.noteAnswer({ sentAt: seenAt, journal: "applied", heldAt: clock() });
      await this.#remove(id, entries);
    }
    return { kind: "taken-over", seenAt };
  }

  /**
   * The authority has the taken changes now. If they cannot be removed from the journal, their ids keep them from being applied
   * again. The backup is written in every mode. Without it, the next outage would not show a session that was founded in the
   * journal.
   */
  async #remove(id: string, entries: readonly JournalEntry[]): Promise<void> {
    const { rows, fallback, clock } = this.#parts;
    const record = rows.load();
    const backup = record && backupOf(record);
    const sentAt = clock();
    const changeIds = entries.map(({ change }) => change.id);
    const removed = await fallback.takeOver(id, changeIds, backup);
    if (removed.kind === "unavailable") return;
    const journal = removed.journalLength === 0 ? "empty" : "unknown";
    rows.noteAnswer({ sentAt, backedUpVersion: backup?.version, journal });
  }

  #seen(): TakenOver {
    return { kind: "taken-over", seenAt: this.#parts.rows.outside().journalSeenAt };
  }
}

/** How far back a restart or a fail-over may set Redis, in milliseconds. Data that it held within that time may come back. */
export const SET_BACK_MS = 60_000;
/** A removal of entries may take effect this much later than they were found. */
const LATE_REMOVAL_MS = 10_000;

/**
 * When the journal was last seen empty for good, so that no entry that it held comes back; 0: not yet. Emptiness counts once the
 * entries found before have been gone for longer than Redis may be set back.
 */
export function journalProvenEmptyAt({ journalEmptyAt, journalHeldAt }: Outside): number {
  return journalEmptyAt >= mayEmptyAt(journalHeldAt) ? journalEmptyAt : 0;
}

/** The earliest time at which a look that finds the journal empty proves that it is empty for good. */
export function mayEmptyAt(journalHeldAt = Number.NEGATIVE_INFINITY): number {
  return journalHeldAt + LATE_REMOVAL_MS + SET_BACK_MS;
}
