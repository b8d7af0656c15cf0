import type { Refusal } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import type { JsonObject } from "../session/patch.ts";
import type { View } from "../session/record.ts";

/** The answer of a store about a session. `unavailable` is never `miss`: no visitor is logged out because a store is down. */
export type Lookup =
  /** `setBack`: the authority was older than the state that the visitor has seen. It has healed the session, and the copy shows that. */
  | { kind: "hit"; copy: Copy; setBack?: true }
  | { kind: "miss" }
  /** `tombstone` is for other stores to keep. */
  | { kind: "ended"; tombstone?: Copy }
  /**
   * The request's generation is not the current generation. `before` is the copy from before the rotation, which the request may still
   * see. `current` is for other stores to keep, and this request never sees it. `rotatedAt` is the time of the last rotation, in
   * milliseconds since 1970. `setBack`: the visitor holds a newer generation than the authority.
   */
  | { kind: "superseded"; before?: Copy; current?: Copy; rotatedAt?: number | undefined; setBack?: true }
  | { kind: "unavailable"; cause: unknown };

/** The outcome of a change. Only `committed` acknowledges it. */
export type Committed =
  /** `flash`: the flash that the change has taken out. `setBack`: as in {@link Lookup}. */
  | { kind: "committed"; copy: Copy; flash?: JsonObject; setBack?: true }
  /**
   * The session has another version than the change asked for, or the lease of the change is over. `current` is absent if no store
   * holds the session.
   */
  | { kind: "conflict"; current?: Copy }
  /** `setBack`: the visitor holds a newer generation than the authority. */
  | { kind: "superseded"; setBack?: true }
  /** `tombstone` is for other stores to keep. `missing`: the authority has no record of the session, and so no tombstone. */
  | { kind: "ended"; tombstone?: Copy; missing?: true }
  | { kind: "refused"; reason: Refusal }
  | { kind: "unavailable"; cause: unknown };

/** The outcome of a look at a session's journal. `seenAt`: when the question left. */
export type TakenOver = { kind: "taken-over"; seenAt: number } | { kind: "unavailable"; cause: unknown };

/**
 * The outcome of giving a copy to a store. An older version never replaces a newer version, and no version replaces a tombstone.
 */
export type Kept = { kind: "kept" } | { kind: "older" } | { kind: "ended" } | { kind: "unavailable"; cause: unknown };

/** The one store that orders the changes of a session. */
export interface Authority {
  /** The name that explain, metrics and the log show. */
  readonly name: string;
  read(ref: Ref, now: number): Promise<Lookup>;
  commit(ref: Ref, change: Change): Promise<Committed>;
  /** Takes over the changes that the journal holds for the session, although no visitor asks. */
  takeOver(id: string): Promise<TakenOver>;
}

/** A session as an operator or an index sees it, without a request of its visitor. The attributes are included only on demand. */
export interface SessionSummary extends Omit<View, "attributes" | "ended" | "old"> {
  readonly attributes?: View["attributes"];
  /** Whether the index of its principal's sessions does not know the session yet. */
  readonly indexDue: boolean;
}

/** The result of a look at a session. */
export type Looked =
  | { kind: "alive"; session: SessionSummary }
  | { kind: "miss" }
  | { kind: "ended" }
  | { kind: "unavailable"; cause: unknown };

/** The outcome of an end that was asked for without the visitor. A second request for the end finds the result of the first. */
export type Ended = Extract<Lookup, { kind: "ended" | "miss" | "unavailable" }>;

/** Actions on sessions without their visitors: by an operator, or by the index of a principal's sessions. */
export interface Unattended {
  /** Looks at a session of any generation. The look counts neither as a use of the generation nor as a touch. */
  look(id: string, options?: { attributes?: boolean }): Promise<Looked>;
  /** Ends a session of any generation. The journal is looked at first. */
  end(id: string): Promise<Ended>;
}

/** Renews the logins of sessions at the provider. */
export interface Renewals {
  /** Reads a session at its authority, after its login has been renewed if that was due. While the provider is away, nothing changes. */
  renew(ref: Ref): Promise<Lookup>;
}

/** The request for a session's lease. */
export interface LeaseAsk {
  /** Random, 128 bits. A request that knows it holds the lease once the lease is given. */
  readonly lease: string;
  /** How long the request waits for the lease, in milliseconds. */
  readonly waitMs: number;
  /** How long the lease lasts after it is given, in milliseconds. */
  readonly lastsMs: number;
}

/** The outcome of waiting for a lease. `waiting`: how many requests wait now. */
export type Locked =
  | { kind: "locked"; waitedMs: number; waiting: number }
  | { kind: "timeout"; waitedMs: number; waiting: number }
  /** The session has ended, or the request's generation is no longer served: the request has nothing to wait for. */
  | { kind: "over"; waitedMs: number; waiting: number }
  | { kind: "unavailable"; cause: unknown };

/** The outcome of giving a lease back. */
export type Unlocked = { kind: "unlocked" } | { kind: "unavailable"; cause: unknown };

/** Leases of sessions: one request at a time has the lease of a session, first come, first served. */
export interface Locks {
  /** Waits for a session's lease, for a request whose generation is served. The session need not be stored. */
  lock(ref: Ref, ask: LeaseAsk): Promise<Locked>;
  /** Gives the lease back. A commit that names the lease also gives it back. */
  unlock(id: string, lease: string): Promise<Unlocked>;
}

/** A store that holds copies of records. The freshness rule decides whether a copy may answer. */
export interface Copies {
  /** The name that explain, metrics and the log show. */
  readonly name: string;
  read(ref: Ref, now: number): Promise<Lookup>;
  keep(copy: Copy): Promise<Kept>;
}

/** Copies in the memory of an isolate, which answers at once. */
export interface Memory {
  /** The name that explain, metrics and the log show. */
  readonly name: string;
  read(ref: Pick<Ref, "id">): Lookup;
  keep(copy: Copy): Kept;
}
