import type { Refusal } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import type { View } from "../session/record.ts";

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
}

/** What a store knows of a session. `unavailable` is never `miss`: nobody is logged out because a store is down. */
export type Lookup =
  | { kind: "hit"; copy: Copy }
  | { kind: "miss" }
  /** `copy`: the tombstone, for other stores to keep. */
  | { kind: "ended"; copy?: Copy }
  /**
   * The request's generation is not the current one; `copy` is what it is still shown, if anything. `newest` is for other
   * stores to keep, and never shown to this request.
   */
  | { kind: "superseded"; copy?: Copy; newest?: Copy }
  | { kind: "unavailable"; cause: unknown };

/** What became of a change. Only `committed` acknowledges it. */
export type Committed =
  | { kind: "committed"; copy: Copy }
  | { kind: "conflict"; copy: Copy }
  | { kind: "superseded" }
  /** `copy`: the tombstone, for other stores to keep. */
  | { kind: "ended"; copy?: Copy }
  | { kind: "refused"; reason: Refusal }
  | { kind: "unavailable"; cause: unknown };

/** What became of a look at a session's journal. `seenAt`: when the question left. */
export type TakenOver = { kind: "taken-over"; seenAt: number } | { kind: "unavailable"; cause: unknown };

/** What became of a copy that a store was given. An older version never replaces a newer, nothing a tombstone. */
export type Kept = { kind: "kept" } | { kind: "older" } | { kind: "ended" } | { kind: "unavailable"; cause: unknown };

/** The one store that orders the changes of a session. */
export interface Authority {
  read(ref: Ref, now: number): Promise<Lookup>;
  commit(ref: Ref, change: Change): Promise<Committed>;
  /** Takes over what the journal holds of the session, though no visitor asks. */
  takeOver(id: string): Promise<TakenOver>;
}

/** A store that holds copies of records. Whether a copy may answer is for the freshness rule to say. */
export interface Copies {
  readonly name: string;
  read(ref: Ref, now: number): Promise<Lookup>;
  keep(copy: Copy): Promise<Kept>;
}

/** Whether a store that holds a copy must not replace it by another of the same session. */
export function isNewer(held: Copy, offered: Copy): boolean {
  if (held.generation !== offered.generation) return held.generation > offered.generation;
  if (held.version !== offered.version) return held.version > offered.version;
  return held.vouchedAt > offered.vouchedAt;
}
