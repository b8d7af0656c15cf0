import { apply } from "./apply.ts";
import type { Change, Ref } from "./change.ts";
import { type SessionRecord, type View, viewOf } from "./record.ts";

/** A record as it is held outside the authority. */
type Backup = Omit<SessionRecord, "before">;

/** A change that was accepted while the authority could not be reached. */
interface Entry {
  readonly ref: Ref;
  readonly change: Change;
}

/**
 * What a reader is shown of a backup and a journal. `marks`: it shows what the authority may not know yet, so the response
 * must set the mark.
 */
export type Overlaid =
  | { kind: "view"; view: View; marks: boolean }
  | { kind: "ended"; marks: boolean }
  /** There is no backup, and no entry that could found the session. */
  | { kind: "nothing" };

/**
 * Lays the entries of a journal, in order, over the backup of a session. Pure; changes are applied by the rules of
 * {@link apply}, as of when their request arrived.
 *
 * The version stays the backup's, or 0 without one, since the journal gives out none. Whether the view is too old for its
 * reader, of the reader's generation and within its deadlines is for the caller to judge.
 */
export function overlay(backup: Backup | undefined, entries: readonly Entry[]): Overlaid {
  const known = new Set(backup?.recentChanges.map(({ id }) => id));
  const unknown = entries.filter(({ change }) => !known.has(change.id));

  let record = backup;
  for (const entry of unknown) {
    // A session of which nothing is known but its end has ended, whatever its generation.
    if (!backup && entry.change.end) return { kind: "ended", marks: true };
    record = layOver(record, entry);
  }
  const marks = record !== backup;
  if (!record) return { kind: "nothing" };
  if (record.ended) return { kind: "ended", marks };
  return { kind: "view", view: { ...viewOf(record), version: backup?.version ?? 0 }, marks };
}

/** The record with the change applied, or as it was if it is of another generation. */
function layOver(record: Backup | undefined, { ref, change }: Entry): Backup | undefined {
  // What was accepted has been acknowledged, so it is judged by nothing any more: neither its expiry nor its size, nor a
  // deadline that may have been renewed since the backup was written.
  const arrived = { ...ref, arrivedAt: Number.NEGATIVE_INFINITY };
  const policy = { ...change.policy, maxAttributeBytes: Number.POSITIVE_INFINITY };
  const accepted = { ...change, policy, expiresAt: Number.POSITIVE_INFINITY };
  // A touch that took its time must not take back a later one.
  const now = Math.max(ref.arrivedAt, record?.touchedAt ?? ref.arrivedAt);
  const applied = apply(record, arrived, accepted, now);
  return applied.kind === "committed" ? (applied.save ?? record) : record;
}
