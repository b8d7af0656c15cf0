import type { Change, Ref } from "../session/change.ts";
import type { SessionRecord } from "../session/record.ts";
import type { Kept } from "./contracts.ts";

/** A record as the backup holds it: without the view before a rotation, which the authority alone serves. */
export type BackupRecord = Omit<SessionRecord, "before">;

/** A change that was accepted while the authority could not be reached. */
export interface JournalEntry {
  readonly ref: Ref;
  readonly change: Change;
}

/** What Redis knows of a session, read in one step on the primary. */
export type BackupLookup =
  /** `record` is absent if there is no backup; the journal may hold the session's founding all the same. */
  { kind: "found"; record?: BackupRecord; entries: readonly JournalEntry[] } | { kind: "unavailable"; cause: unknown };

/** What became of a change that the journal was given. Only `appended` acknowledges it; a repeated one is `appended`. */
export type Appended =
  | { kind: "appended" }
  /** The backup is a tombstone, or the journal holds an end. */
  | { kind: "ended" }
  | { kind: "expired" }
  | { kind: "unavailable"; cause: unknown };

/** The fallback: backups of records, and the journal of changes. */
export interface Fallback {
  /** The backup and the journal's entries in order. */
  read(id: string): Promise<BackupLookup>;
  /** Writes a backup. An older version never replaces a newer, and nothing a tombstone. */
  keep(record: BackupRecord): Promise<Kept>;
  /** Accepts a change into the journal, after noting the session as pending. */
  append(entry: JournalEntry): Promise<Appended>;
  /** Removes exactly the entries with these change ids from the journal and writes the backup, in one step. */
  takeOver(changeIds: readonly string[], record: BackupRecord): Promise<Kept>;
  /** Ids of sessions that may have a journal, oldest first, of one of the pending sets. */
  pending(
    set: number,
    limit: number,
  ): Promise<{ kind: "ids"; ids: readonly string[] } | { kind: "unavailable"; cause: unknown }>;
  /** Forgets that a session is pending, unless it was noted again after `before` (milliseconds since 1970). */
  settled(id: string, before: number): Promise<Kept>;
}

/** How many sorted sets the pending sessions are spread over. */
export const PENDING_SETS = 64;
