import { type JournalEntry, takeIn } from "../../session/journal.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { TakenOver } from "../../store/contracts.ts";
import type { Fallback } from "../../store/redis/contract.ts";
import { backupOf } from "./backups.ts";
import type { Outside, SessionRows } from "./session-rows.ts";

/** What looks at the journal work with. */
export interface JournalWatchParts {
  readonly rows: SessionRows;
  readonly fallback: Fallback;
  readonly clock: () => number;
  /** Stores a record that has taken entries in; `loaded` is what it was before. */
  readonly save: (record: SessionRecord, loaded: SessionRecord | undefined) => void;
}

/** Looks at one session's journal, and takes over what it holds: one look at a time. */
export class JournalWatch {
  readonly #parts: JournalWatchParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: JournalWatchParts) {
    this.#parts = parts;
  }

  /**
   * Takes over what the journal holds, unless `isDue` says, when its turn comes, that another look has already done it.
   *
   * @throws what the storage throws.
   */
  async look(id: string, isDue: () => boolean = () => true): Promise<TakenOver> {
    const ahead = this.#last;
    const look = ahead.then(() => (isDue() ? this.#lookNow(id) : this.#seen()));
    // Whoever waits for the next turn is not to fail by this one's fault.
    this.#last = look.catch(() => {});
    return look;
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
   * What was taken is the authority's now. If it cannot be removed, the ids keep it from being applied again. The backup is
   * written whatever the mode: the next outage would show a session that was founded in the journal without it.
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

/** How far back a Redis may be set by a restart or a fail-over, in milliseconds: what it held since may be there again. */
export const SET_BACK_MS = 60_000;
/** A removal of entries may take effect so much later than they were found. */
const LATE_REMOVAL_MS = 10_000;

/**
 * When the journal was last seen empty for good: nothing that it has held comes back; 0: not yet. Emptiness counts once
 * whatever was found before has been gone for longer than Redis may be set back.
 */
export function emptiedAt({ journalEmptyAt, journalHeldAt }: Outside): number {
  return journalEmptyAt >= mayEmptyAt(journalHeldAt) ? journalEmptyAt : 0;
}

/** From when on a look that finds the journal empty tells that it is so for good. */
export function mayEmptyAt(journalHeldAt = Number.NEGATIVE_INFINITY): number {
  return journalHeldAt + LATE_REMOVAL_MS + SET_BACK_MS;
}
