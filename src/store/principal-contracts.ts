import type { Whereabouts } from "../inbound/whereabouts.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import type { SessionLimit } from "../session/change.ts";

/** A login as the index of a principal keeps it. Times are milliseconds since 1970. */
export interface Login extends Whereabouts {
  /** The id of the session. */
  readonly id: string;
  /** When the authority committed the login, by the authority's clock. */
  readonly at: number;
  readonly bornAt: number;
  readonly absoluteDeadline: number;
  /** Of a login at a provider: its session there, "" if the provider does not say, and when it issued the ID token, by its own clock. */
  readonly sid?: string;
  readonly issuedAt?: number;
}

/** The sessions of a principal that end. An object of older code takes a logout for all sessions. */
export interface Which {
  readonly except?: string | undefined;
  readonly logout?: ProviderLogout;
}

/** A logout at the provider: of one session there, or of all logins that the provider has made by then. */
export type ProviderLogout = { readonly sid: string } | { readonly issuedAt: number };

/** A place in the index that a login asks for before it is committed. */
export interface Reservation {
  readonly id: string;
  /** Id of the change that makes the login. */
  readonly changeId: string;
  /** After this time no store applies the change. */
  readonly expiresAt: number;
  readonly limit: SessionLimit;
  /**
   * The place of another session that this one replaces: the same login asked for that place, and could not be committed there.
   */
  readonly insteadOf?: { readonly id: string; readonly changeId: string };
}

/** A session of a principal, as it is listed. */
export interface ListedSession extends Omit<Login, "sid" | "issuedAt"> {
  /** When its idle deadline was last renewed; absent while the session's authority cannot be reached. */
  readonly lastSeenAt?: number;
}

/** The outcome of a reservation. */
export type Reserved = { kind: "reserved" } | { kind: "too-many" } | Unavailable;

/** The outcome of telling the index of a login. `ended`: all sessions of the principal have been ended since the login. */
export type Confirmed = { kind: "indexed" } | { kind: "ended" } | Unavailable;

export type Forgotten = { kind: "forgotten" } | Unavailable;

/** The sessions of a principal, the newest login first. `next` marks where the next page begins, if there are more sessions. */
export type Listed = { kind: "listed"; count: number; sessions: readonly ListedSession[]; next?: string } | Unavailable;

export type Counted = { kind: "counted"; count: number } | Unavailable;

/** The outcome of ending many sessions. `left` sessions are still to be ended, and the index goes on by itself. */
export type EndedAll = { kind: "ending"; ended: number; left: number } | Unavailable;

/**
 * The sessions of principals. The session's authority decides about the session. An index may still list a session that has
 * ended, and learns of a login a moment after it.
 */
export interface Principals {
  /** Asks for a place before a login, where a limit refuses logins. */
  reserve(principal: string, reservation: Reservation): Promise<Reserved>;
  /** Tells the index of a login that has been committed. The same login may be told again. */
  confirm(principal: string, login: Login, limit: SessionLimit): Promise<Confirmed>;
  /** Tells the index that a session has ended. */
  forget(principal: string, id: string): Promise<Forgotten>;
  /** `most`: 1 to 100. `after`: the `next` of an earlier answer. */
  list(principal: string, page: { most: number; after?: string | undefined }): Promise<Listed>;
  /** How many sessions are indexed; some of them may have ended. */
  count(principal: string): Promise<Counted>;
  /**
   * Ends all sessions, all except `except`, or those that a provider has logged out. A session that has logged in by now and is not indexed yet is ended as soon as it is
   * indexed.
   */
  endAll(principal: string, which: Which): Promise<EndedAll>;
}
