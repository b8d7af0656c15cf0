import type { Refusal } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import type { View } from "../session/record.ts";

/** A record as it is held outside the authority. */
export interface Copy extends View {
  /** When the authority read it from its storage, by its clock, in milliseconds since 1970. */
  readonly vouchedAt: number;
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
  | { kind: "ended" }
  | { kind: "refused"; reason: Refusal }
  | { kind: "unavailable"; cause: unknown };

/** What became of a copy that a store was given. An older version never replaces a newer, nothing a tombstone. */
export type Kept = { kind: "kept" } | { kind: "older" } | { kind: "ended" } | { kind: "unavailable"; cause: unknown };

/** The one store that orders the changes of a session. */
export interface Authority {
  read(ref: Ref, now: number): Promise<Lookup>;
  commit(ref: Ref, change: Change): Promise<Committed>;
}

/** A store that holds copies of records. Whether a copy may answer is for the freshness rule to say. */
export interface Copies {
  readonly name: string;
  read(ref: Ref, now: number): Promise<Lookup>;
  keep(copy: Copy): Promise<Kept>;
}
