import type { JournalEntry } from "../../session/journal.ts";
import type { SessionRecord } from "../../session/record.ts";

/** A record as the backup holds it: without the view before a rotation, which the authority alone serves. */
export type BackupRecord = Omit<SessionRecord, "before">;

/** A store that does not answer, or not with what can be used. */
interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}

/** What Redis knows of a session, read in one step on the primary. */
export type BackupLookup =
  /** `record` is absent if there is no backup; the journal may hold the session's founding all the same. */
  { kind: "found"; record?: BackupRecord; entries: readonly JournalEntry[] } | Unavailable;

/**
 * What became of a backup: an older version never replaces a newer, and nothing a tombstone. `journalLength` is how many
 * entries the journal held in the same step.
 */
export type BackedUp = { kind: "kept" | "older" | "ended"; journalLength: number } | Unavailable;

/** What became of a change that the journal was given. Only `appended` acknowledges it; a repeated one is `appended`. */
export type Appended =
  | { kind: "appended" }
  /** The backup is a tombstone, or the journal holds an end. */
  | { kind: "ended" }
  /** The backup or the journal knows a newer generation, or an end that an older one asked for: the authority alone can say. */
  | { kind: "undecided" }
  | { kind: "expired" }
  | Unavailable;

/** The fallback: backups of records, and the journal of changes. */
export interface Fallback {
  /** The backup and the journal's entries in order. */
  read(id: string): Promise<BackupLookup>;
  /** Writes a backup. */
  keep(record: BackupRecord): Promise<BackedUp>;
  /** Accepts a change into the journal, after noting the session as pending. */
  append(entry: JournalEntry): Promise<Appended>;
  /**
   * Removes exactly the entries with these change ids from the journal and writes the backup, if there is one to write, in
   * one step. `journalLength` is what is left.
   */
  takeOver(id: string, changeIds: readonly string[], record: BackupRecord | undefined): Promise<BackedUp>;
  /** The pending sets, of {@link PENDING_SETS}, that may hold a session. */
  pendingSets(): Promise<{ kind: "sets"; sets: readonly number[] } | Unavailable>;
  /** Ids of sessions of a pending set that may have a journal, oldest first, from the one at `offset`. */
  pending(set: number, offset: number, limit: number): Promise<{ kind: "ids"; ids: readonly string[] } | Unavailable>;
  /** Forgets that a session is pending, unless an append noted after `before` (milliseconds since 1970) may still arrive. */
  settled(id: string, before: number): Promise<{ kind: "forgotten" | "kept" } | Unavailable>;
  /** Forgets that a pending set may hold a session, unless it was noted after `before`. */
  settledSet(set: number, before: number): Promise<{ kind: "forgotten" | "kept" } | Unavailable>;
}

/** How many sorted sets the pending sessions are spread over. */
export const PENDING_SETS = 64;
