import { apply } from "./apply.ts";
import { type Change, CLOCKS_APART_MS, type Ref } from "./change.ts";
import { type JsonObject, mergePatches } from "./patch.ts";
import { attributeBytesOf, type SessionRecord, type View, viewOf } from "./record.ts";

/** A change that the journal accepted while the authority could not be reached. */
export interface JournalEntry {
  readonly ref: Ref;
  readonly change: Change;
}

/**
 * Applies the entries of a journal, in order, to the record that the authority holds (`undefined`: none). Pure.
 *
 * Entries that the record already knows are skipped, and so are entries after an end. No entry founds a session that is past its
 * absolute deadline.
 */
export function takeIn(
  record: SessionRecord | undefined,
  entries: readonly JournalEntry[],
  now: number,
): SessionRecord | undefined {
  const taking = new Taking(record);
  for (const entry of entries) {
    const isTooOld = now >= entry.ref.bornAt + entry.change.policy.absoluteSeconds * 1000;
    if (taking.isFounded || !isTooOld) taking.take(entry);
  }
  return taking.record;
}

/**
 * The view of a backup and a journal that a reader receives. `journaled`: it shows changes that the authority may not know yet,
 * so the response must set the mark.
 */
export type Overlaid =
  | { kind: "view"; view: View; journaled: boolean }
  /** `generation`: the generation of the request that asked for the end, if the journal holds the end. */
  | { kind: "ended"; journaled: boolean; generation: number }
  /** There is no backup, and no entry can found the session. */
  | { kind: "nothing" };

/**
 * Lays the entries of a journal, in order, over the backup of a session. Pure; it shows the record that {@link takeIn} will make
 * of them.
 *
 * The version stays the backup's, or 0 without a backup, because the journal gives out no versions. The caller judges whether the
 * view is too old for its reader, of the reader's generation, and within its deadlines.
 */
export function overlay(backup: SessionRecord | undefined, entries: readonly JournalEntry[]): Overlaid {
  const known = new Set(backup?.recentChanges.map(({ id }) => id));
  const taking = new Taking(backup);
  for (const entry of entries) {
    if (known.has(entry.change.id)) continue;
    // If nothing but the end of a session is known, the session has ended, whatever its generation.
    const { generation } = entry.ref;
    if (!backup && entry.change.end) return { kind: "ended", journaled: true, generation };
    taking.take(entry);
  }
  const { record } = taking;
  const journaled = record !== backup;
  if (!record) return { kind: "nothing" };
  if (record.ended) return { kind: "ended", journaled, generation: record.generation };
  return { kind: "view", view: { ...viewOf(record), version: backup?.version ?? 0 }, journaled };
}

/**
 * A record while accepted changes are applied to it. Patches of the record's generation are merged together, when the record is
 * read. A journal holds thousands of small patches, and each merge would copy the attributes and count their bytes.
 */
class Taking {
  #record: SessionRecord | undefined;
  #patches: JsonObject[] = [];

  constructor(record: SessionRecord | undefined) {
    this.#record = record;
  }

  get isFounded(): boolean {
    return this.#record !== undefined;
  }

  take(entry: JournalEntry): void {
    if (!onlyPatches(entry, this.#record)) {
      this.#record = applyAccepted(this.record, entry);
      return;
    }
    const { patches = [], ...noted } = entry.change;
    const change = patches.length > 0 ? { ...noted, patches: [] } : noted;
    const next = applyAccepted(this.#record, { ...entry, change });
    if (next !== this.#record) this.#patches.push(...patches);
    this.#record = next;
  }

  get record(): SessionRecord | undefined {
    if (this.#record && this.#patches.length > 0) {
      const attributes = mergePatches(this.#record.attributes, this.#patches);
      this.#record = { ...this.#record, attributes, attributeBytes: attributeBytesOf(attributes) };
      this.#patches = [];
    }
    return this.#record;
  }
}

/** Whether a change consists of patches and touches alone, and is of the generation that the record has. */
function onlyPatches({ ref, change }: JournalEntry, record: SessionRecord | undefined): boolean {
  const { id, patches, touch, lease, expiresAt, policy, ...more } = change;
  return ref.generation === record?.generation && Object.keys(more).length === 0;
}

/**
 * The record with an accepted change applied, or unchanged if the change may not be applied. An accepted change has been
 * acknowledged. So it is judged by the time at which its request arrived. It is not judged by its size, nor by an idle deadline
 * that may have been renewed since.
 */
function applyAccepted(record: SessionRecord | undefined, { ref, change }: JournalEntry): SessionRecord | undefined {
  const { touch, ...asked } = change;
  // A touch that was slow to arrive must not undo a later touch.
  const renews = touch && (!record || ref.arrivedAt > record.touchedAt);
  const policy = { ...change.policy, maxAttributeBytes: Number.POSITIVE_INFINITY };
  const accepted = { ...asked, ...(renews ? { touch } : {}), policy };
  // The visitor is not there to be told of a set-back.
  const arrived = { ...ref, seenVersion: 0, arrivedAt: Number.NEGATIVE_INFINITY };

  const asCurrent =
    record && wasCurrent(record, ref, change) ? { ...arrived, generation: record.generation } : undefined;
  // A patch from before the rotation goes into the record and the older view; a later patch goes into the view alone. An end from
  // before the rotation ends both.
  const when = asCurrent ? "before" : "after";
  let applied = apply(record, change.end && asCurrent ? asCurrent : arrived, accepted, ref.arrivedAt, when);
  if (applied.kind === "superseded" && asCurrent) applied = apply(record, asCurrent, accepted, ref.arrivedAt);
  return ("save" in applied ? applied.save : undefined) ?? record;
}

/**
 * Whether the request arrived before the rotation that superseded its generation, so that its generation was the current one. A
 * change that an older generation asked for later does not belong in the record, even if a store that did not know of the
 * rotation accepted it.
 *
 * The edge's clock gave the arrival, and the object's clock gave the rotation. When the two clocks leave the order open, a patch
 * counts as the earlier event, because it was acknowledged. An end counts as the later event: it must not end a login that
 * followed.
 */
function wasCurrent({ generation, rotatedAt = 0 }: SessionRecord, ref: Ref, change: Change): boolean {
  return ref.generation === generation - 1 && ref.arrivedAt <= rotatedAt + (change.end ? 0 : CLOCKS_APART_MS);
}
