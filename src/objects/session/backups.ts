import type { Unavailable } from "../../lib/unavailable.ts";
import { type SessionRecord, withoutBefore } from "../../session/record.ts";
import type { BackupRecord, Fallback } from "../../store/fallback-contract.ts";
import type { SessionRows } from "./session-rows.ts";

/** The outcome of writing a backup. `version`: the version of the record that the backup has at least; 0: there is no record. */
export type Backed = { kind: "backed"; version: number } | Unavailable;

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
    if (!record) return { kind: "backed", version: 0 };
    const { version } = record;
    if (!this.isBehind(record)) return { kind: "backed", version };
    const sentAt = clock();
    const kept = await fallback.keep(backupOf(record));
    if (kept.kind === "unavailable") return kept;
    const isEmpty = kept.journalLength === 0;
    rows.noteAnswer({ sentAt, backedUpVersion: version, journal: isEmpty ? "empty" : "unknown" });
    if (!isEmpty) foundEntries();
    return { kind: "backed", version };
  }

  /** Backs up until the newest version is written, or a write fails; one write at a time. */
  async catchUp(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      let written: Backed;
      do written = await this.write();
      while (written.kind === "backed" && written.version < (this.#parts.rows.load()?.version ?? 0));
    } finally {
      this.#isRunning = false;
    }
  }
}

/** The record as it is backed up. Only the authority serves the view before a rotation, so the backup is without it. */
export function backupOf(record: SessionRecord): BackupRecord {
  return record.before ? withoutBefore(record) : record;
}
