import type { SessionRecord } from "../../session/record.ts";
import type { BackupRecord, Fallback } from "../../store/redis/contract.ts";
import type { SessionRows } from "./session-rows.ts";

/** What writing a backup came to. */
export type Backed = { kind: "backed" } | { kind: "unavailable"; cause: unknown };

/** What the writer of backups works with. */
export interface BackupParts {
  readonly rows: SessionRows;
  readonly fallback: Fallback;
  readonly clock: () => number;
  /** Called when a backup has found entries in the journal. */
  readonly foundEntries: () => void;
}

/** Writes one session's backups. */
export class Backups {
  readonly #parts: BackupParts;
  #isRunning = false;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  /** Whether the newest version is not known to be backed up. */
  isBehind(record: SessionRecord): boolean {
    return this.#parts.rows.outside().backedUpVersion < record.version;
  }

  /** Backs up the record as it is now. A write of a backup is a look at the length of the journal too. */
  async write(): Promise<Backed> {
    const { rows, fallback, clock, foundEntries } = this.#parts;
    const record = rows.load();
    if (!record || !this.isBehind(record)) return { kind: "backed" };
    const sentAt = clock();
    const kept = await fallback.keep(backupOf(record));
    if (kept.kind === "unavailable") return kept;
    const isEmpty = kept.journalLength === 0;
    rows.noteAnswer({ sentAt, backedUpVersion: record.version, journal: isEmpty ? "empty" : "unknown" });
    if (!isEmpty) foundEntries();
    return { kind: "backed" };
  }

  /** Backs up until nothing newer is there, or a write fails; one at a time. */
  async catchUp(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let record = this.#parts.rows.load(); record && this.isBehind(record); record = this.#parts.rows.load()) {
        const written = await this.write();
        if (written.kind === "unavailable") return;
      }
    } finally {
      this.#isRunning = false;
    }
  }
}

/** The record as it is backed up: the view before a rotation is served by the authority alone. */
export function backupOf(record: SessionRecord): BackupRecord {
  const { before, ...backup } = record;
  return backup;
}
