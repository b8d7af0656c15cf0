import type { Ref } from "./change.ts";
import type { SessionRecord } from "./record.ts";

/**
 * Heals the record of a store that was set back: a token proves that its visitor has seen a newer version. The record must be of the token's
 * generation, because an older generation may come with a newer token. A failover, a restored copy or a crash can set a store back. This is a
 * hint: changes after the set-back may have raised the version again.
 *
 * @returns the record with a version above each version that the visitor has seen, so that no version ever has two contents.
 */
export function healed(record: SessionRecord, seenVersion: number): SessionRecord {
  return { ...record, version: seenVersion + 1 };
}

/** Whether a proof is of a generation that the authority had, and has no more: generations only rise. */
export function lostGeneration(record: SessionRecord | undefined, ref: Ref): { setBack?: true } {
  return record && record.generation < ref.generation ? { setBack: true } : {};
}
