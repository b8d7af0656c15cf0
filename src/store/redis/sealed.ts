import type { BackupRecord, JournalEntry } from "../redis-contracts.ts";
import type { Seal } from "../seal.ts";
import { RedisFault } from "./fault.ts";
import type { StoredBackup } from "./replies.ts";

const SCHEMA = 1;

/** Seals a record for the backup. */
export function sealBackup(seal: Seal, record: BackupRecord): Promise<string> {
  const { id, version } = record;
  return seal.close({ id, version, purpose: "backup" }, JSON.stringify(record));
}

/**
 * Opens what the backup of a session holds.
 *
 * @throws RedisFault `unopened` or `foreign-schema`.
 */
export async function openBackup(seal: Seal, id: string, { version, sealed }: StoredBackup): Promise<BackupRecord> {
  const text = await seal.open({ id, version, purpose: "backup" }, sealed);
  if (text === undefined) throw new RedisFault("unopened");
  const record = JSON.parse(text) as BackupRecord;
  if (record.schema !== SCHEMA) throw new RedisFault("foreign-schema");
  return record;
}

/** Seals a journal entry. The journal gives out no versions, so all of its entries are sealed for version 0. */
export function sealEntry(seal: Seal, { ref, change }: JournalEntry): Promise<string> {
  return seal.close({ id: ref.id, version: 0, purpose: "journal" }, JSON.stringify({ ref, change }));
}

/**
 * Opens an entry of a session's journal, as it is stored.
 *
 * @throws RedisFault `unopened`, also if the change is not the one that its clear text names.
 */
export async function openEntry(seal: Seal, id: string, stored: string): Promise<JournalEntry> {
  const [changeId, kind, sealed] = stored.split(" ");
  const text = await seal.open({ id, version: 0, purpose: "journal" }, sealed ?? "");
  if (text === undefined) throw new RedisFault("unopened");
  const entry = JSON.parse(text) as JournalEntry;
  const isNamed = entry.change.id === changeId && (entry.change.end === true) === (kind === "end");
  if (!isNamed) throw new RedisFault("unopened");
  return entry;
}
