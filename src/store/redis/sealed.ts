import { RedisFault } from "../../redis/client.ts";
import type { JournalEntry } from "../../session/journal.ts";
import { ChangePacker, isKnown, type PackedRecord, unpack } from "../../session/packed-changes.ts";
import type { BackupRecord } from "../fallback-contract.ts";
import type { Seal } from "../seal.ts";
import type { StoredBackup } from "./replies.ts";

/** Seals a record for the backup. */
export function sealBackup(seal: Seal, record: BackupRecord): Promise<string> {
  const { id, version } = record;
  return seal.close({ id, version, purpose: "backup" }, JSON.stringify(new ChangePacker().pack(record)));
}

/**
 * Opens the sealed record in the backup of a session.
 *
 * @throws RedisFault `unopened` or `foreign-schema`.
 */
export async function openBackup(seal: Seal, id: string, { version, sealed }: StoredBackup): Promise<BackupRecord> {
  const text = await seal.open({ id, version, purpose: "backup" }, sealed);
  if (text === undefined) throw new RedisFault("unopened");
  const stored = JSON.parse(text) as BackupRecord | PackedRecord<BackupRecord>;
  if (!isKnown(stored)) throw new RedisFault("foreign-schema");
  return unpack(stored);
}

/**
 * A journal entry as it is stored: the fields that stand in clear, then the sealed entry. The journal gives out no versions, so
 * all of its entries are sealed for version 0.
 */
export async function sealEntry(seal: Seal, entry: JournalEntry): Promise<string> {
  const { ref, change } = entry;
  const sealed = await seal.close({ id: ref.id, version: 0, purpose: "journal" }, JSON.stringify({ ref, change }));
  return `${clearTextOf(entry)} ${sealed}`;
}

/**
 * Opens an entry of a session's journal, as it is stored.
 *
 * @throws RedisFault `unopened`, also if the clear text contradicts the sealed entry.
 */
export async function openEntry(seal: Seal, id: string, stored: string): Promise<JournalEntry> {
  const sealed = stored.slice(stored.lastIndexOf(" ") + 1);
  const text = await seal.open({ id, version: 0, purpose: "journal" }, sealed);
  if (text === undefined) throw new RedisFault("unopened");
  const entry = JSON.parse(text) as JournalEntry;
  if (stored !== `${clearTextOf(entry)} ${sealed}`) throw new RedisFault("unopened");
  return entry;
}

/** The fields of an entry that the scripts can read. */
export function clearTextOf({ ref, change }: JournalEntry): string {
  return `${change.id} ${change.end ? "end" : "-"} ${ref.generation}`;
}
