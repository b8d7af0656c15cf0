import type { Unavailable } from "../lib/unavailable.ts";
import type { JournalEntry } from "../session/journal.ts";
import type { SessionRecord } from "../session/record.ts";

/** A record as the backup holds it, without the view before a rotation, which only the authority serves. */
export type BackupRecord = Omit<SessionRecord, "before">;

/** The backup and the journal of a session, read in one step on the primary. */
export type BackupLookup =
  /** `record` is absent if there is no backup. The journal may still hold the founding of the session. */
  { kind: "found"; record?: BackupRecord; entries: readonly JournalEntry[] } | Unavailable;

/**
 * The outcome of writing a backup: an older version never replaces a newer version, and no version replaces a tombstone.
 * `journalLength` is how many entries the journal held in the same step.
 */
export type BackedUp = { kind: "kept" | "older" | "ended"; journalLength: number } | Unavailable;

/**
 * The outcome of giving a change to the journal. Only `appended` acknowledges the change. A repeated change is also `appended`.
 */
export type Appended =
  | { kind: "appended" }
  /** The backup is a tombstone, or the journal holds an end. */
  | { kind: "ended" }
  /**
   * The backup or the journal knows a newer generation, or an end that an older generation asked for. Only the authority can
   * decide.
   */
  | { kind: "undecided" }
  | { kind: "expired" }
  | Unavailable;

/** The fallback: backups of records, and the journal of changes. */
export interface Fallback {
  /** The name that explain, metrics and the log show. */
  readonly name: string;
  /** The backup and the journal's entries in order. */
  read(id: string): Promise<BackupLookup>;
  /** Writes a backup. */
  keep(record: BackupRecord): Promise<BackedUp>;
  /** Accepts a change into the journal, after noting the session as pending. */
  append(entry: JournalEntry): Promise<Appended>;
  /**
   * Removes exactly the entries with these change ids from the journal and writes the backup, if there is a backup to write, in
   * one step. `journalLength` is the number of entries that are left.
   */
  takeOver(id: string, changeIds: readonly string[], record: BackupRecord | undefined): Promise<BackedUp>;
  /** The numbers of the pending sets, of {@link PENDING_SETS}, that may hold a session. */
  pendingSets(): Promise<{ kind: "sets"; sets: readonly number[] } | Unavailable>;
  /** Ids of sessions of a pending set that may have a journal, oldest first, beginning at `offset`. */
  pending(set: number, offset: number, limit: number): Promise<{ kind: "ids"; ids: readonly string[] } | Unavailable>;
  /** Forgets that a session is pending, unless an append noted after `before` (milliseconds since 1970) may still arrive. */
  settled(id: string, before: number): Promise<{ kind: "forgotten" | "kept" } | Unavailable>;
  /** Forgets that a pending set may hold a session, unless it was noted after `before`. */
  settledSet(set: number, before: number): Promise<{ kind: "forgotten" | "kept" } | Unavailable>;
}

/** Over how many sorted sets the pending sessions are spread. */
export const PENDING_SETS = 64;
