import type { View } from "./record.ts";

/** A record as stores outside the authority hold it. */
export interface Copy extends View {
  /** When the authority read it from its storage, by its clock, in milliseconds since 1970. */
  readonly vouchedAt: number;
  /** When the authority last asked for the journal before it vouched for this copy, and got an answer; 0: never. */
  readonly journalSeenAt: number;
  /** Whether a replica of the session exists. */
  readonly replicated: boolean;
  /**
   * Whether stores may keep this copy. They may if it is of the newest generation, and the first use of that generation has
   * reached the authority. For an older generation, the authority alone answers.
   */
  readonly mayBeKept: boolean;
  /** When an isolate read this copy as a replica. For a while it then counts as a copy in memory, and KV is not asked again. */
  readonly replicaReadAt?: number;
}

/** Whether a store that holds the copy `held` must not replace it by `offered`, another copy of the same session. */
export function isNewer(held: Copy, offered: Copy): boolean {
  if (held.generation !== offered.generation) return held.generation > offered.generation;
  if (held.version !== offered.version) return held.version > offered.version;
  return held.vouchedAt > offered.vouchedAt;
}
