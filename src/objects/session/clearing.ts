import { deadlineOf, type SessionRecord } from "../../session/record.ts";
import type { Backups } from "./backups.ts";
import { RETRY_MS } from "./copies.ts";
import { emptiedAt } from "./journal.ts";
import type { SessionRows } from "./session-rows.ts";

/** What clearing goes by. */
export interface ClearingParts {
  readonly rows: SessionRows;
  /** Without them there is no journal either. */
  readonly backups: Backups | undefined;
  readonly clock: () => number;
}

/** A change that was made at the last moment of a token may reach the journal this much later. */
const LATE_APPEND_MS = 30_000;

/** When the storage of one session is looked after, and when it may be freed. */
export class Clearing {
  readonly #parts: ClearingParts;

  constructor(parts: ClearingParts) {
    this.#parts = parts;
  }

  /** When the alarm is to ring for the session's own sake. */
  wakesAt(record: SessionRecord): number {
    if (!record.ended) return deadlineOf(record);
    const { backups, clock } = this.#parts;
    const now = clock();
    const clearsAt = this.clearsAt(record);
    return now >= clearsAt || backups?.isBehind(record) ? now + RETRY_MS : clearsAt;
  }

  /** Until then a token that could found the session anew may be alive, or what it has given to the journal. */
  clearsAt(record: SessionRecord): number {
    return record.foundingDeadline + (this.#parts.backups ? LATE_APPEND_MS : 0);
  }

  /** Without the tombstone whatever is in the journal, or comes back to it, would found the session anew. */
  mayBeFreed(tombstone: SessionRecord, now: number): boolean {
    const { rows, backups } = this.#parts;
    const clearsAt = this.clearsAt(tombstone);
    if (now < clearsAt || backups?.isBehind(tombstone)) return false;
    return !backups || emptiedAt(rows.outside()) >= clearsAt;
  }
}
