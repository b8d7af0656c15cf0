import type { Ref } from "./change.ts";
import type { SessionRecord } from "./record.ts";

/**
 * Whether the store of the authority was set back: a token proves that its visitor has seen a newer version of the record. The record must
 * be of the generation of `ref`, because an older generation may come with a newer token. A failover, a restored copy or a crash can set
 * a store back. This is a hint: changes after the set-back may have raised the version again.
 */
export function isSetBack({ version }: SessionRecord, ref: Ref): boolean {
  return version < (ref.seenVersion ?? 0);
}

/** The record with a version above each version that the visitor has seen, so that no version ever has two contents. */
export function healed(record: SessionRecord, ref: Ref): SessionRecord {
  return isSetBack(record, ref) ? { ...record, version: (ref.seenVersion ?? 0) + 1 } : record;
}

/** Whether a proof is of a generation that the authority had, and has no more: generations only rise. */
export function lostGeneration(record: SessionRecord | undefined, ref: Ref): { setBack?: true } {
  return record && record.generation < ref.generation ? { setBack: true } : {};
}
