import type { EndReason } from "../config/types.ts";
import type { Login } from "./login.ts";
import type { JsonObject } from "./patch.ts";

/** The part of a session that a request may see. Times are milliseconds since 1970. */
export interface View {
  readonly id: string;
  readonly generation: number;
  /** Goes up with every committed change, except with a touch alone. */
  readonly version: number;
  readonly attributes: JsonObject;
  /** Length of the attributes as UTF-8 JSON. */
  readonly attributeBytes: number;
  /** Visible ASCII, 1 to 256 characters. */
  readonly principal?: string;
  /** When the principal last logged in; absent without a principal, and for a login by a release that did not keep it. */
  readonly loggedInAt?: number;
  /** The login at the provider; absent if no provider has logged the visitor in. An origin cannot set it. */
  readonly login?: Login;
  /** Shown to one handoff, and then removed. */
  readonly flash?: JsonObject;
  /** Whether the longer policy applies, because the principal chose it at their login. */
  readonly remembered?: true;
  /** Whether a visitor may be logged in to it although it was never rotated, because it was adopted from an old application. */
  readonly somebodys?: true;
  /** The session of an old application that it was adopted from. */
  readonly old?: OldRef;
  readonly bornAt: number;
  /** In whole seconds, so that it compares equal with the time in the token. */
  readonly touchedAt: number;
  readonly idleDeadline: number;
  readonly absoluteDeadline: number;
  /** Whether a client has sent the token back at least once. Until then the idle timeout is shorter. */
  readonly returned: boolean;
  /** If present, this is a tombstone, which has no attributes and no principal. */
  readonly ended?: { readonly at: number; readonly reason: EndReason };
}

/** The record that the authority stores. */
export interface SessionRecord extends View {
  /**
   * The version of this format. Fields are only added, and unknown fields are kept. The number is raised only for a change that
   * older code would damage.
   */
  readonly schema: 1;
  readonly rotatedAt?: number;
  /** How often the session has been rotated within an hour that began at `since`, milliseconds since 1970. */
  readonly rotations?: { readonly since: number; readonly count: number };
  /** The view that the previous generation still sees. */
  readonly before?: Before;
  /** Present: it was adopted from an old application. */
  readonly adopted?: Adopted;
  /** Present in a tombstone: its old session is still to be ended. */
  readonly owed?: OwedEnd;
  /** A version-0 token of this key, or the cookie of an old application, can be valid until this time, so the tombstone stays that long. */
  readonly foundingDeadline: number;
  /** Applied changes, kept until they can no longer arrive. So a change that arrives again is not applied twice. */
  readonly recentChanges: readonly RecentChange[];
}

/** Names the session of an old application. */
export interface OldRef {
  /** The old application, as the configuration names it. */
  readonly from: string;
  /** The id of the session there. It opens that session, so it is sealed, and only `MOOR_ADOPT_KEY` opens the seal. */
  readonly sealed: string;
  /** When adoptions end, in milliseconds since 1970. No try to end the old session comes after that. */
  readonly until: number;
  /** When the old session ends by itself, as its application said at the adoption; in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Whether its attributes were too large to be adopted. Then nothing is brought back, because that would replace them. */
  readonly leftAttributes?: true;
  /** Whether this Moor may only read the old session. Then a logout at Moor does not end it, and nothing is brought back. */
  readonly readOnly?: true;
}

/** The end of an old session that its application has not confirmed. */
export interface OwedEnd {
  /** When the next try is due, in milliseconds since 1970. */
  readonly nextAt: number;
  /** How many tries by the alarm have failed. */
  readonly tries: number;
}

/** How an adopted session may still be opened by the cookie of the old application. */
export interface Adopted {
  /** Until this time, in milliseconds since 1970. */
  readonly openUntil: number;
  readonly graceSeconds: number;
  /** Whether the token of the session has come back once. */
  readonly used?: true;
}

/** An applied change. `generation` is the generation of the view in its answer. */
export interface RecentChange {
  readonly id: string;
  readonly expiresAt: number;
  readonly generation: number;
}

/**
 * The view before a rotation, which the previous generation still sees. If it {@link isSomebodys}, it is served for
 * `graceSeconds` after the rotation. Otherwise it is served until `graceSeconds` after the first use of the new generation.
 */
export interface Before {
  readonly view: View;
  readonly graceSeconds: number;
  /** Milliseconds since 1970. Absent: no visitor can have logged in to the view, and the new generation has not been used. */
  readonly servedUntil?: number;
  /** Whether the new generation has been used. */
  readonly used?: true;
}

/**
 * Whether a view may belong to a logged-in visitor. Every login rotates, whether by principal or by attributes. So no visitor has
 * logged in to a view of generation 0, unless the session was adopted.
 */
export function isSomebodys({ generation, somebodys }: Pick<View, "generation" | "somebodys">): boolean {
  return generation > 0 || somebodys === true;
}

/** The record without the view before its rotation. */
export function withoutBefore({ before, ...rest }: SessionRecord): Omit<SessionRecord, "before"> {
  return rest;
}

const utf8 = new TextEncoder();

/** Length of attributes as UTF-8 JSON. */
export function attributeBytesOf(attributes: JsonObject): number {
  return utf8.encode(JSON.stringify(attributes)).length;
}

/** A record never changes, and an object answers many reads from one. V8 leaves out parts as slowly as it parses the question. */
const views = new WeakMap<SessionRecord, View>();

/** The part of a record that may leave the authority. Nobody is logged in to a session whose login has lapsed. */
export function viewOf(record: SessionRecord): View {
  const known = views.get(record);
  if (known) return known;
  const { schema, rotatedAt, rotations, before, adopted, owed, foundingDeadline, recentChanges, ...shown } = record;
  // Not only in a build that renews logins: a login that has lapsed must not come back when the setting is taken away.
  const view = shown.login?.lapsed ? withoutLogin(shown) : shown;
  views.set(record, view);
  return view;
}

/** The same view, which shows nobody as logged in. */
export function withoutLogin({ login, principal, loggedInAt, ...view }: View): View {
  return view;
}

/** The first try by the alarm comes this much after the end, in milliseconds: the request that ended the session tries first. */
const OWED_AFTER_MS = 6_000;

/**
 * The part of an ended session that is kept so that nothing revives it. After a logout it also owes the end of the session that it was
 * adopted from, unless Moor may only read that. A timeout owes nothing: the old session has its own, and lives on if its site goes back to the
 * old application.
 */
export function tombstoneOf(record: SessionRecord, reason: EndReason, at: number): SessionRecord {
  const { attributes, principal, loggedInAt, login, flash, before, rotations, adopted, old, ...kept } = record;
  const owes =
    (typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) &&
    old &&
    !old.readOnly &&
    reason !== "idle" &&
    reason !== "absolute";
  return {
    ...kept,
    ...(owes ? { old, owed: { nextAt: at + OWED_AFTER_MS, tries: 0 } } : {}),
    attributes: {},
    attributeBytes: 2,
    version: record.version + 1,
    ended: { at, reason },
  };
}
