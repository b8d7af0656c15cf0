import { decodeBase64url } from "../../lib/base64url.ts";
import { CLOCKS_APART_MS } from "../../session/change.ts";
import type { JournalEntry } from "../../session/journal.ts";
import { type BackupRecord, PENDING_SETS } from "../fallback-contract.ts";

/**
 * The least time for which a backup and a journal are kept. However near its end a session is, they outlive an outage of a day.
 */
export const LEAST_LIFE_MS = 24 * 60 * 60 * 1000;
/**
 * Maximum bytes of a journal, as its entries are stored. A take-over merges all entries into one row of the authority, which
 * holds at most 2 MB.
 */
export const MOST_JOURNAL_BYTES = 512 * 1024;
/**
 * A pending set stays noted this much longer than necessary. The isolate that noted it does not note it again during this time.
 */
const SET_NOTE_MS = 10_000;

/**
 * The time until which a backup is kept, at least. A touch in the journal leaves the backup unchanged, so the idle deadline does
 * not end a backup.
 */
export function backupEnd({ absoluteDeadline, foundingDeadline }: BackupRecord): number {
  return Math.max(absoluteDeadline, foundingDeadline);
}

/** The time until which a journal with this entry is kept, at least. */
export function journalEnd({ ref, change }: JournalEntry): number {
  return ref.bornAt + change.policy.absoluteSeconds * 1000;
}

/** The time until which an append may still arrive, by any clock. After that the journal refuses its change as expired. */
export function appendEnd({ change }: JournalEntry): number {
  return change.expiresAt + CLOCKS_APART_MS;
}

/** The time until which an isolate notes a pending set, for an append that may arrive until `end`. */
export function setNoteEnd(end: number): number {
  return end + SET_NOTE_MS;
}

/** @throws TypeError if a journal cannot take the change. */
export function assertJournaled({ change }: JournalEntry): void {
  if (change.principal !== undefined || change.rotate || change.ifVersion !== undefined) {
    throw new TypeError("only the authority gives out generations and compares versions");
  }
}

/** The key of a session's backup. */
export function backupKey(id: string): string {
  return keyOf(id, "r");
}

/** The key of a session's journal. */
export function journalKey(id: string): string {
  return keyOf(id, "j");
}

/**
 * The text in braces decides the slot of a Redis Cluster, so a script may use both keys.
 *
 * The key is joined because V8 keeps the parts of a concatenated text apart, and takes four times as long to make JSON of a list that
 * holds such a text. A backup is in the same list.
 */
function keyOf(id: string, kind: string): string {
  return ["moor:{", id, "}:", kind].join("");
}

/** The key of one of the sorted sets of pending sessions, 0 to {@link PENDING_SETS} - 1; each has a slot of its own. */
export function pendingKey(set: number): string {
  return `moor:pending:${set}`;
}

/**
 * The key of the sorted set that holds the numbers of the pending sets. With it, one command tells a sweep that there is nothing
 * to do.
 */
export const PENDING_SETS_KEY = "moor:pending:sets";

/** The number of the pending set in which a session is noted. Ids are random, so their first bits spread them evenly. */
export function pendingSetOf(id: string): number {
  const [first = 0] = decodeBase64url(id.slice(0, 4)) ?? [];
  return first % PENDING_SETS;
}
