import { apply } from "./apply.ts";
import { type Change, CLOCKS_APART_MS, type Ref } from "./change.ts";
import { type JsonObject, mergePatches } from "./patch.ts";
import { attributeBytesOf, type SessionRecord, type View, viewOf } from "./record.ts";

/** A change that was accepted while the authority could not be reached. */
export interface JournalEntry {
  readonly ref: Ref;
  readonly change: Change;
}

/**
 * Applies the entries of a journal, in order, to the record that the authority holds (`undefined`: none). Pure.
 *
 * Entries that the record knows are skipped, and so is what follows an end. No entry founds a session that is past its
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
 * What a reader is shown of a backup and a journal. `journaled`: it shows what the authority may not know yet, so the
 * response must set the mark.
 */
export type Overlaid =
  | { kind: "view"; view: View; journaled: boolean }
  /** `generation`: of who asked for the end, if the journal holds it. */
  | { kind: "ended"; journaled: boolean; generation: number }
  /** There is no backup, and no entry that could found the session. */
  | { kind: "nothing" };

/**
 * Lays the entries of a journal, in order, over the backup of a session. Pure; it shows what {@link takeIn} will make of
 * them.
 *
 * The version stays the backup's, or 0 without one, since the journal gives out none. Whether the view is too old for its
 * reader, of the reader's generation and within its deadlines is for the caller to judge.
 */
export function overlay(backup: SessionRecord | undefined, entries: readonly JournalEntry[]): Overlaid {
  const known = new Set(backup?.recentChanges.map(({ id }) => id));
  const taking = new Taking(backup);
  for (const entry of entries) {
    if (known.has(entry.change.id)) continue;
    // A session of which nothing is known but its end has ended, whatever its generation.
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
 * A record on its way through accepted changes. Patches of the generation that it has are merged when somebody looks, all together: a
 * journal holds thousands of small ones, and each would copy the attributes and count their bytes.
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

/** Whether a change does nothing but patch attributes, and touch, and is of the generation that the record has. */
function onlyPatches({ ref, change }: JournalEntry, record: SessionRecord | undefined): boolean {
  const { id, patches, touch, lease, expiresAt, policy, ...more } = change;
  return ref.generation === record?.generation && Object.keys(more).length === 0;
}

/**
 * The record with an accepted change applied, or as it was if the change may not be. What was accepted has been
 * acknowledged, so it is judged as of when its request arrived, and neither by its size nor by an idle deadline that may
 * have been renewed since.
 */
function applyAccepted(record: SessionRecord | undefined, { ref, change }: JournalEntry): SessionRecord | undefined {
  const { touch, ...asked } = change;
  // A touch that took its time must not take back a later one.
  const renews = touch && (!record || ref.arrivedAt > record.touchedAt);
  const policy = { ...change.policy, maxAttributeBytes: Number.POSITIVE_INFINITY };
  const accepted = { ...asked, ...(renews ? { touch } : {}), policy };
  const arrived = { ...ref, arrivedAt: Number.NEGATIVE_INFINITY };

  const asCurrent =
    record && wasCurrent(record, ref, change) ? { ...arrived, generation: record.generation } : undefined;
  // A patch from before the rotation goes into record and older view, a later one into the view alone; an end of before it ends all.
  const when = asCurrent ? "before" : "after";
  let applied = apply(record, change.end && asCurrent ? asCurrent : arrived, accepted, ref.arrivedAt, when);
  if (applied.kind === "superseded" && asCurrent) applied = apply(record, asCurrent, accepted, ref.arrivedAt);
  return ("save" in applied ? applied.save : undefined) ?? record;
}

/**
 * Whether the request arrived before the rotation that superseded its generation: then it was of the current one. A change that an
 * older generation asked for later is not for the record, although a store that did not know of the rotation accepted it.
 *
 * The edge's clock told the arrival, and the object's clock the rotation. Where they leave it open which came first, a patch
 * counts as the earlier one, because it was acknowledged. An end counts as the later one: it must not end a login that followed.
 */
function wasCurrent({ generation, rotatedAt = 0 }: SessionRecord, ref: Ref, change: Change): boolean {
  return ref.generation === generation - 1 && ref.arrivedAt <= rotatedAt + (change.end ? 0 : CLOCKS_APART_MS);
}
