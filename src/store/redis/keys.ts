import { decodeBase64url } from "../../inbound/base64url.ts";
import { PENDING_SETS } from "../redis-contracts.ts";

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
