import type { Change, Ref } from "./change.ts";
import { type Before, isSomebodys, type SessionRecord, viewOf } from "./record.ts";

/** How long after a rotation its response may still be on its way to the client, in milliseconds. */
export const PARALLEL_MS = 15_000;

/** The time over which a session's rotations are counted, in milliseconds. */
const ROTATIONS_WITHIN_MS = 3_600_000;

/** Raises the generation. The view before the rotation stays for a while; see {@link servedBefore}. */
export function rotated(next: SessionRecord, record: SessionRecord, change: Change, now: number): SessionRecord {
  const { flash, ...view } = viewOf(record);
  const { graceSeconds } = change.policy;
  // A stolen copy of a login ends with the grace period, even if the new generation is never used.
  const ends = isSomebodys(view) ? { servedUntil: now + graceSeconds * 1000 } : {};
  const before = { view, graceSeconds, ...ends };
  return { ...next, generation: record.generation + 1, rotatedAt: now, rotations: countRotation(record, now), before };
}

function countRotation({ rotations }: SessionRecord, now: number): NonNullable<SessionRecord["rotations"]> {
  const isOver = !rotations || now >= rotations.since + ROTATIONS_WITHIN_MS;
  return isOver ? { since: now, count: 1 } : { ...rotations, count: rotations.count + 1 };
}

/** Notes the first use of a generation. It starts the grace period of the view before, unless the rotation already did. */
export function markUsed(record: SessionRecord, now: number): SessionRecord {
  const { before } = record;
  if (!before || before.used) return record;
  const { servedUntil = now + before.graceSeconds * 1000 } = before;
  return { ...record, before: { ...before, servedUntil, used: true } };
}

/**
 * Whether a write of the previous generation ran in parallel with the rotation, and is refused because of that.
 *
 * A login is not refused: it is complete in a session of its own. A write that also rotates is not refused if no visitor can have logged
 * in to the view before, because it may be a login by attributes. Generations that are older still are never refused here, because
 * repeated rotations could otherwise block their holder for ever.
 */
export function isBesideRotation(
  { generation, rotatedAt = 0, before }: SessionRecord,
  ref: Ref,
  change: Change,
): boolean {
  if (ref.generation !== generation - 1 || ref.arrivedAt >= rotatedAt + PARALLEL_MS) return false;
  if (change.end || change.principal !== undefined) return false;
  const writes = change.patches !== undefined || change.flash !== undefined;
  return change.rotate ? isSomebodys(before?.view ?? ref) || !writes : writes;
}

/** The view that a request with `ref` still sees, if its generation is the one before the current generation. */
export function servedBefore(record: SessionRecord, ref: Ref, now: number): Before | undefined {
  const { before } = record;
  return before && ref.generation === before.view.generation && isServed(before, now) ? before : undefined;
}

/** Whether the view before a rotation is still served. */
export function isServed(before: Before, now: number): boolean {
  return before.servedUntil === undefined || now < before.servedUntil;
}
