import type { SessionRecord } from "../../session/record.ts";
import type { BackupRecord, Fallback } from "../../store/fallback-contract.ts";
import type { SessionRows } from "./session-rows.ts";

/** The outcome of writing a backup. */
export type Backed = { kind: "backed" } | { kind: "unavailable"; cause: unknown };

/** The stores and callbacks of the writer of backups. */
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

  /** Whether the backup is not known to have the newest version. */
  isBehind(record: SessionRecord): boolean {
    return this.#parts.rows.outside().backedUpVersion < record.version;
  }

  /** Backs up the record as it is now. Writing a backup also looks at the length of the journal. */
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

  /** Backs up until the newest version is written, or a write fails; one write at a time. */
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

/** The record as it is backed up. Only the authority serves the view before a rotation, so the backup is without it. */
export function backupOf(record: SessionRecord): BackupRecord {
  const { before, ...backup } = record;
  return backup;
}
