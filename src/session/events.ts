import type { SessionEvent } from "../config/types.ts";
import type { SessionRecord } from "./record.ts";

/**
 * A session that rotates more often than this within an hour has an origin that sends `Moor-Principal` with responses that are no
 * login.
 */
const MOST_ROTATIONS = 20;

/**
 * The events between two stored records of a session (`undefined`: there was no record before). Pure.
 *
 * @param at milliseconds since 1970.
 */
export function eventsBetween(before: SessionRecord | undefined, after: SessionRecord, at: number): SessionEvent[] {
  const session = after.id.slice(0, 8);
  if (after.ended) return before && !before.ended ? [{ kind: "ended", session, at, reason: after.ended.reason }] : [];
  const kinds = [
    ...(before ? [] : ["created" as const]),
    ...(after.generation > (before?.generation ?? 0) ? ["rotated" as const] : []),
    ...(rotationsOf(before) <= MOST_ROTATIONS && rotationsOf(after) > MOST_ROTATIONS ? ["rotates-often" as const] : []),
    ...(after.principal !== before?.principal ? ["principal-changed" as const] : []),
    ...(before && after.idleDeadline > before.idleDeadline ? ["renewed" as const] : []),
  ];
  return kinds.map((kind) => ({ kind, session, at }));
}

function rotationsOf(record: SessionRecord | undefined): number {
  return record?.rotations?.count ?? 0;
}
