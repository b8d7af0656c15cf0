import { decodeBase64url } from "../../lib/base64url.ts";
import { CLOCKS_APART_MS } from "../../session/change.ts";
import type { JournalEntry } from "../../session/journal.ts";
import { type BackupRecord, PENDING_SETS } from "./contract.ts";

/** However near its end a session is, its backup and its journal outlive an outage of a day. */
export const LEAST_LIFE_MS = 24 * 60 * 60 * 1000;
/** As entries are stored. A take-over merges them all into one row of the authority, which holds at most 2 MB. */
export const MOST_JOURNAL_BYTES = 512 * 1024;
/** So much longer than it has to be is a pending set noted, and for so long not again by who noted it. */
const SET_NOTE_MS = 10_000;

/** Until when a backup is kept, at least. A touch in the journal leaves the backup alone, so idleness ends no backup. */
export function backupEnd({ absoluteDeadline, foundingDeadline }: BackupRecord): number {
  return Math.max(absoluteDeadline, foundingDeadline);
}

/** Until when a journal with this entry is kept, at least. */
export function journalEnd({ ref, change }: JournalEntry): number {
  return ref.bornAt + change.policy.absoluteSeconds * 1000;
}

/** Until when an append may still arrive, by any clock: then the journal refuses its change as expired. */
export function appendEnd({ change }: JournalEntry): number {
  return change.expiresAt + CLOCKS_APART_MS;
}

/** Until when a pending set is noted by who notes it for an append that may arrive until `end`. */
export function setNoteEnd(end: number): number {
  return end + SET_NOTE_MS;
}

/** @throws TypeError if the change is one that a journal cannot take. */
export function assertJournaled({ change }: JournalEntry): void {
  if (change.principal !== undefined || change.rotate || change.ifVersion !== undefined) {
    throw new TypeError("only the authority gives out generations and compares versions");
  }
}

/** The key of a session's backup. What is in braces decides the slot of a Redis Cluster, so a script may use both keys. */
export function backupKey(id: string): string {
  return `moor:{${id}}:r`;
}

/** The key of a session's journal. */
export function journalKey(id: string): string {
  return `moor:{${id}}:j`;
}

/** The key of one of the sorted sets of pending sessions, 0 to {@link PENDING_SETS} - 1; each has a slot of its own. */
export function pendingKey(set: number): string {
  return `moor:pending:${set}`;
}

/** The key of the sorted set of the pending sets' numbers: one command tells a sweep that there is nothing to do. */
export const PENDING_SETS_KEY = "moor:pending:sets";

/** In which of the pending sets a session is noted. Ids are random, so their first bits spread them evenly. */
export function pendingSetOf(id: string): number {
  const [first = 0] = decodeBase64url(id.slice(0, 4)) ?? [];
  return first % PENDING_SETS;
}
