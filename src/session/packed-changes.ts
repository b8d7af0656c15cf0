import type { RecentChange, SessionRecord } from "./record.ts";

/** A record, or the part of it that a store holds. */
type Packable = Omit<SessionRecord, "before">;

/**
 * A record with many recent changes, as stores hold it: the changes are one text. A list of objects is stored member by member, so that
 * each change would cost more than the change before it.
 *
 * Code that does not know the schema leaves the record alone. Without the ids it would apply a change twice.
 */
export type PackedRecord<Record extends Packable = SessionRecord> = Omit<Record, "schema" | "recentChanges"> & {
  readonly schema: 2;
  /** Of each change its id, its end in milliseconds since 1970 in base 36, and its generation. */
  readonly packedChanges: string;
};

/** Up to so many recent changes a text saves nothing. A visitor makes no more within the eight seconds of a change's life. */
const MOST_UNPACKED = 16;

/** Packs the records of one session. Of a list that goes on from the list before it, only the new changes are written. */
export class ChangePacker {
  #changes: readonly RecentChange[] = [];
  #text = "";

  pack<Record extends Packable>(record: Record): Record | PackedRecord<Record> {
    if (record.recentChanges.length <= MOST_UNPACKED) return record;
    const { recentChanges, ...kept } = record;
    return { ...kept, schema: 2, packedChanges: this.#textOf(recentChanges) };
  }

  #textOf(changes: readonly RecentChange[]): string {
    const last = this.#changes;
    const dropped = last.indexOf(changes[0] as RecentChange);
    const kept = dropped < 0 ? 0 : last.length - dropped;
    const goesOn = kept > 0 && changes[kept - 1] === last.at(-1);
    const before = goesOn ? withoutFirst(this.#text, dropped) : "";
    this.#text = changes.slice(goesOn ? kept : 0).reduce((text, change) => text + lineOf(change), before);
    this.#changes = changes;
    return this.#text;
  }
}

function lineOf({ id, expiresAt, generation }: RecentChange): string {
  return `${id} ${expiresAt.toString(36)} ${generation}\n`;
}

function withoutFirst(text: string, lines: number): string {
  let from = 0;
  for (let line = 0; line < lines; line++) from = text.indexOf("\n", from) + 1;
  return text.slice(from);
}

/** Whether this code knows the schema of a stored record. */
export function isKnown({ schema }: { readonly schema: number }): boolean {
  return schema === 1 || schema === 2;
}

/** The record that a store holds. */
export function unpack<Record extends Packable>(stored: Record | PackedRecord<Record>): Record {
  if (!isPacked(stored)) return stored;
  const { packedChanges, ...kept } = stored;
  const lines = packedChanges.split("\n").slice(0, -1);
  return { ...kept, schema: 1, recentChanges: lines.map(changeIn) } as unknown as Record;
}

function isPacked<Record extends Packable>(stored: Record | PackedRecord<Record>): stored is PackedRecord<Record> {
  return stored.schema === 2;
}

function changeIn(line: string): RecentChange {
  const [id = "", expiresAt = "", generation] = line.split(" ");
  return { id, expiresAt: Number.parseInt(expiresAt, 36), generation: Number(generation) };
}
