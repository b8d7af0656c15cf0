import type { View } from "./record.ts";

/** A record as it is held outside the authority. */
export interface Copy extends View {
  /** When the authority read it from its storage, by its clock, in milliseconds since 1970. */
  readonly vouchedAt: number;
  /** When the authority last asked for the journal before it vouched, and got an answer; 0: never. */
  readonly journalSeenAt: number;
  /** Whether a replica of the session exists. */
  readonly replicated: boolean;
  /**
   * Whether stores may keep it: it is of the newest generation, and the first use of that has reached the authority. An
   * older generation is answered by the authority alone.
   */
  readonly mayBeKept: boolean;
  /** When an isolate read it as a replica: for a while it then stands for one in memory, and KV is not asked again. */
  readonly replicaReadAt?: number;
}

/** Whether a store that holds a copy must not replace it by another of the same session. */
export function isNewer(held: Copy, offered: Copy): boolean {
  if (held.generation !== offered.generation) return held.generation > offered.generation;
  if (held.version !== offered.version) return held.version > offered.version;
  return held.vouchedAt > offered.vouchedAt;
}
