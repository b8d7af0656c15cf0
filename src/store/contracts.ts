import type { Refusal } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import type { JsonObject } from "../session/patch.ts";
import type { View } from "../session/record.ts";

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
  /** `flash`: what the change has taken out. */
  | { kind: "committed"; copy: Copy; flash?: JsonObject }
  /** The session has another version than asked for, or the change's lease is over. `copy`: unless nothing is stored. */
  | { kind: "conflict"; copy?: Copy }
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

/** A session as it is shown to those who look at it without its visitor: without its attributes, unless they ask for them. */
export interface Glimpse extends Omit<View, "attributes" | "ended"> {
  readonly attributes?: View["attributes"];
  /** Whether the index of its principal's sessions does not know of it yet. */
  readonly indexDue: boolean;
}

/** What a look at a session finds. */
export type Looked =
  | { kind: "alive"; session: Glimpse }
  | { kind: "miss" }
  | { kind: "ended" }
  | { kind: "unavailable"; cause: unknown };

/** What became of an end that was asked for without the visitor. A second one finds what the first has done. */
export type Ended = Extract<Lookup, { kind: "ended" | "miss" | "unavailable" }>;

/** What is done with sessions without their visitors: by an admin, or by the index of a principal's sessions. */
export interface Unattended {
  /** Looks at a session, of whatever generation. It counts neither as a use of the generation nor as a touch. */
  look(id: string, options?: { attributes?: boolean }): Promise<Looked>;
  /** Ends a session, of whatever generation. The journal is looked at first. */
  end(id: string): Promise<Ended>;
}

/** Who asks for a session's lease, and for how long. */
export interface LeaseAsk {
  /** Random, 128 bits: whoever knows it has the lease once it is given. */
  readonly lease: string;
  /** How long it is waited for, in milliseconds. */
  readonly waitMs: number;
  /** How long it lasts from when it is given, in milliseconds. */
  readonly lastsMs: number;
}

/** What came of waiting for a lease. `waiting`: how many wait now. */
export type Locked =
  | { kind: "locked"; waitedMs: number; waiting: number }
  | { kind: "timeout"; waitedMs: number; waiting: number }
  /** The session has ended, or the request's generation is served no more: it has nothing to wait for. */
  | { kind: "over"; waitedMs: number; waiting: number }
  | { kind: "unavailable"; cause: unknown };

/** What became of a lease that was given back. */
export type Unlocked = { kind: "unlocked" } | { kind: "unavailable"; cause: unknown };

/** Leases of sessions: one request at a time has that of a session, first come, first served. */
export interface Locks {
  /** Waits for a session's lease, for a request whose generation is served; the session need not be stored. */
  lock(ref: Ref, ask: LeaseAsk): Promise<Locked>;
  /** Gives it back; a commit that names it does so too. */
  unlock(id: string, lease: string): Promise<Unlocked>;
}

/** A store that holds copies of records. Whether a copy may answer is for the freshness rule to say. */
export interface Copies {
  readonly name: string;
  read(ref: Ref, now: number): Promise<Lookup>;
  keep(copy: Copy): Promise<Kept>;
}
