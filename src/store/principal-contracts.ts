import type { Whereabouts } from "../inbound/whereabouts.ts";
import type { SessionLimit } from "../session/change.ts";

/** A store that does not answer. */
interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}

/** A login as the index of a principal keeps it. Times are milliseconds since 1970. */
export interface Login extends Whereabouts {
  /** The session's. */
  readonly id: string;
  /** When the authority committed it, by its clock. */
  readonly at: number;
  readonly bornAt: number;
  readonly absoluteDeadline: number;
}

/** A place in the index that a login asks for before it is committed. */
export interface Reservation {
  readonly id: string;
  /** Id of the change that logs in. */
  readonly changeId: string;
  /** After that no store applies the change. */
  readonly expiresAt: number;
  readonly limit: SessionLimit;
  /** The place of a session that this one stands in for: the same login asked for it, and could not be committed there. */
  readonly insteadOf?: { readonly id: string; readonly changeId: string };
}

/** A session of a principal, as it is listed. */
export interface ListedSession extends Login {
  /** When its idle deadline was last renewed; absent while the session's authority cannot be reached. */
  readonly lastSeenAt?: number;
}

/** What became of a reservation. */
export type Reserved = { kind: "reserved" } | { kind: "too-many" } | Unavailable;

/** What became of a login that the index was told of. `ended`: everything of the principal has been ended since. */
export type Confirmed = { kind: "indexed" } | { kind: "ended" } | Unavailable;

export type Forgotten = { kind: "forgotten" } | Unavailable;

/** The sessions of a principal, the newest login first. `next` is where the rest begins, if there is more. */
export type Listed = { kind: "listed"; count: number; sessions: readonly ListedSession[]; next?: string } | Unavailable;

export type Counted = { kind: "counted"; count: number } | Unavailable;

/** What ending many came to: `left` are those that are still to be ended, which goes on by itself. */
export type EndedAll = { kind: "ending"; ended: number; left: number } | Unavailable;

/**
 * The sessions of principals. The truth of a session stays with its authority: an index may know of one that has ended,
 * and learns of a login a moment after it.
 */
export interface Principals {
  /** Asks for a place before a login, where a limit refuses logins. */
  reserve(principal: string, reservation: Reservation): Promise<Reserved>;
  /** Tells of a login that has been committed; it may be told again. */
  confirm(principal: string, login: Login, limit: SessionLimit): Promise<Confirmed>;
  /** Tells that a session has ended. */
  forget(principal: string, id: string): Promise<Forgotten>;
  /** `most`: 1 to 100. `after`: the `next` of an earlier answer. */
  list(principal: string, page: { most: number; after?: string | undefined }): Promise<Listed>;
  /** How many are indexed; some of them may have ended. */
  count(principal: string): Promise<Counted>;
  /** Ends all sessions, or all but one. What logged in until now and is not indexed yet is ended as soon as it is. */
  endAll(principal: string, options: { except?: string | undefined }): Promise<EndedAll>;
}
