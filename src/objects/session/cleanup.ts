import { deadlineOf } from "../../session/deadlines.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { Backups } from "./backups.ts";
import { RETRY_MS } from "./copies.ts";
import { journalProvenEmptyAt } from "./journal.ts";
import type { SessionRows } from "./session-rows.ts";

/** The rows, the backups, and the clock that the cleanup depends on. */
export interface CleanupParts {
  readonly rows: SessionRows;
  /** Absent: there is no journal either. */
  readonly backups: Backups | undefined;
  readonly clock: () => number;
}

/** A change made at the last moment of a token may reach the journal this much later. */
const LATE_APPEND_MS = 30_000;

/** Decides when the storage of one session needs attention, and when it may be freed. */
export class Cleanup {
  readonly #parts: CleanupParts;

  constructor(parts: CleanupParts) {
    this.#parts = parts;
  }

  /** When the alarm must ring for the session's own deadlines. */
  wakesAt(record: SessionRecord): number {
    if (!record.ended) return deadlineOf(record);
    const { backups, clock } = this.#parts;
    const now = clock();
    const clearsAt = this.clearsAt(record);
    return now >= clearsAt || backups?.isBehind(record) ? now + RETRY_MS : clearsAt;
  }

  /**
   * Until this time, a token that could found the session anew may be valid, or its change may lie in the journal. A token that has seen a
   * version may be valid too. It must meet the tombstone, because a missing record is proof that the store has lost it.
   */
  clearsAt(record: SessionRecord): number {
    return Math.max(record.foundingDeadline + (this.#parts.backups ? LATE_APPEND_MS : 0), deadlineOf(record));
  }

  /**
   * Whether the storage may be freed. Without the tombstone, a change that is in the journal, or comes back to it, would found
   * the session anew.
   */
  mayBeFreed(tombstone: SessionRecord, now: number): boolean {
    const { rows, backups } = this.#parts;
    const clearsAt = this.clearsAt(tombstone);
    if (now < clearsAt || backups?.isBehind(tombstone)) return false;
    return !backups || journalProvenEmptyAt(rows.outside()) >= clearsAt;
  }
}
