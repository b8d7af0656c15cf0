import type { Tokens } from "../inbound/token/tokens.ts";
import type { Whereabouts } from "../inbound/whereabouts.ts";
import { MAX_FLASH_BYTES } from "../session/apply.ts";
import { type Change, changeNow, newChangeId, type Policy, type Ref, type SessionLimit } from "../session/change.ts";
import { touched } from "../session/deadlines.ts";
import { isSomebodys, type View } from "../session/record.ts";
import { asksForChange, changeFor, type Intent, NOWHERE, rotates, type Session } from "../session/session.ts";
import type { Authority } from "../store/contracts.ts";
import type { Lease } from "../store/locking.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Principals, Reservation } from "../store/principal-contracts.ts";
import type { Tiers } from "../store/tiers.ts";

/**
 * What became of what a request asked of its session. Only `done` acknowledges it. `marks`: the journal was asked to take it,
 * so the response sets the mark.
 */
export type Commit = { readonly marks?: boolean } & (
  | Done
  /** The session ended, or was superseded, while the request was under way. */
  | { kind: "ended" }
  | { kind: "refused"; reason: string }
  /** The request's lease was over: another may have changed the session meanwhile. */
  | { kind: "lock-lost" }
  /** The client has had as many sessions founded as it may: nothing of what was asked was done. */
  | { kind: "founding-limited" }
  /** The principal has as many sessions as he may have: nothing of what was asked was done. */
  | { kind: "too-many-sessions" }
  | { kind: "unavailable"; cause: unknown }
);

/** The session as it is now. */
export interface Done {
  readonly kind: "done";
  readonly marks?: boolean;
  readonly session: Session;
  /** `undefined`: it exists nowhere, or in the journal alone. */
  readonly view: View | undefined;
  /** Whether a replica of it exists. */
  readonly replicated: boolean;
  /** Whether its generation is new to the client. */
  readonly rotated: boolean;
  /** Whether this request ended it. */
  readonly ended: boolean;
  /** Who took what was asked, or a touch; `undefined`: nothing was to be written, or could be. */
  readonly written?: "object" | "journal";
  /** Why a touch, which acknowledges nothing, could not be written. */
  readonly untouched?: unknown;
}

/** What a commit needs. */
export interface CommitParts {
  readonly authority: Authority;
  readonly tiers: Tiers;
  readonly tokens: Tokens;
  readonly policy: Policy;
  /** Whether requests may renew the idle deadline. Default `true`. */
  readonly touches?: boolean;
  /** The index of each principal's sessions, and how many there may be. Default: there is none. */
  readonly principals?: { readonly index: Pick<Principals, "reserve">; readonly limit: SessionLimit } | undefined;
  readonly clock: () => number;
}

/** What is known of a request beside its session. */
export interface CommitFacts {
  readonly login?: LoginFacts | undefined;
  readonly lease?: Lease | undefined;
  /** Whether its client may have one more session founded. Default: there is no limit. */
  readonly mayFound?: (() => Promise<boolean>) | undefined;
}

/** What is known of a login beside whose it is. */
export interface LoginFacts {
  readonly where: Whereabouts;
  /** The place in the index that the same login was given for a session that could not be changed. */
  readonly insteadOf?: Reservation["insteadOf"];
}

/**
 * The one writer: carries out the intent of a request.
 *
 * @param facts.login where a login comes from, for the index of the principal's sessions.
 * @param facts.lease the lease that the request has.
 * @param facts.mayFound asked before a session is stored for the first time.
 */
export async function commit(
  { session, ref }: Pick<OpenedSession, "session" | "ref">,
  intent: Intent,
  parts: CommitParts,
  { login, lease, mayFound }: CommitFacts = {},
): Promise<Commit> {
  const clean: Done = {
    kind: "done",
    session,
    view: session.view,
    rotated: false,
    ended: false,
    replicated: session.replicated,
  };
  // A request without a token has nothing to end; were the cookie cleared for it, a cross-site post would log people out.
  if (intent.end && !session.returning) return clean;
  if (mayFound && isFounding(session, intent) && !(await mayFound())) return { kind: "founding-limited" };
  const asked = changeFor(session, intent, {
    newId: newChangeId,
    now: parts.clock(),
    policy: parts.policy,
    touches: parts.touches ?? true,
  });
  if (!asked) return clean;
  const change = indexed(lease ? { ...asked, lease: lease.id } : asked, parts, login);
  const isNewLogin = change.index !== undefined && change.principal !== session.view?.principal;
  const refused = isNewLogin ? await reserve(change, ref, parts, login) : undefined;
  if (refused) return refused;

  const committed = await parts.tiers.commit(ref, change);
  if (lease && committed.kind !== "unavailable") lease.spent = true;
  const told = "marks" in committed && committed.marks ? { marks: true } : {};
  if (committed.kind === "committed") {
    const { copy } = committed;
    const rotated = copy.generation > ref.generation;
    return { ...clean, view: copy, rotated, ended: intent.end, replicated: copy.replicated, written: "object" };
  }
  if (committed.kind === "journaled") {
    const view =
      session.view && change.touch
        ? { ...session.view, ...touched(parts.clock(), parts.policy, session.view) }
        : session.view;
    return { ...clean, view, ended: intent.end, written: "journal", ...told };
  }
  if (!asksForChange(session, intent)) return { ...clean, untouched: committed, ...told };
  const again = { mayFound, login: login && { ...login, insteadOf: { id: ref.id, changeId: change.id } } };
  switch (committed.kind) {
    case "ended":
      if (intent.end) return { ...clean, ended: true, ...told };
      // Who has been told that it is over must not be shown it again by a copy elsewhere.
      return mayStartAnew(session, intent) && (rotates(session, intent) || !wasEndedMeanwhile(ref, committed.tombstone))
        ? startAnew({ session, ref }, intent, {}, parts, again)
        : { kind: "ended", marks: true };
    case "superseded":
      if (intent.end) return { kind: "ended" };
      return mayStartAnew(session, intent)
        ? startAnew({ session, ref }, intent, session.view?.attributes ?? {}, parts, again)
        : { kind: "ended" };
    case "refused":
      if (committed.reason === "expired") {
        return { kind: "unavailable", cause: new Error("the change expired on its way"), ...told };
      }
      if (committed.reason === "rotated") return { kind: "ended" };
      return { kind: "refused", reason: tooLarge(committed.reason, parts.policy) };
    // No origin's change names a version, so it is the lease that is over.
    case "conflict":
      return { kind: "lock-lost" };
    case "unavailable":
      return committed;
  }
}

function tooLarge(reason: "too-large" | "flash-too-large", { maxAttributeBytes }: Policy): string {
  return reason === "too-large"
    ? `the attributes would pass ${maxAttributeBytes} bytes`
    : `the flash would pass ${MAX_FLASH_BYTES} bytes`;
}

/** Whether the intent would store the session for the first time. A session that ends at once is stored as a tombstone. */
export function isFounding(session: Session, intent: Intent): boolean {
  return session.view === undefined && asksForChange(session, intent);
}

/** A login needs no session before it, nor does a change by an origin that was shown an empty one. */
function mayStartAnew(session: Session, intent: Intent): boolean {
  return session.returning && (session.view === undefined || rotates(session, intent));
}

/** Whether the session was ended while its request was under way. */
function wasEndedMeanwhile({ arrivedAt }: Ref, tombstone: View | undefined): boolean {
  const { ended } = tombstone ?? {};
  return ended?.reason === "ended" && ended.at > arrivedAt;
}

/**
 * A session of its own, under a new key, for an intent whose session cannot be changed any more.
 *
 * @param from the attributes that it may take along.
 */
async function startAnew(
  { session, ref }: Pick<OpenedSession, "session" | "ref">,
  intent: Intent,
  from: View["attributes"],
  parts: CommitParts,
  facts: CommitFacts,
): Promise<Commit> {
  const { tokens, policy, clock } = parts;
  const token = await tokens.mint(clock(), policy.newSessionHours * 3_600_000, session.token.home);
  // Only the principal whose session it is may take along the attributes of a session that may be somebody's.
  const { view } = session;
  const principal = view?.principal;
  const isOwn = !view || !isSomebodys(view) || (principal !== undefined && intent.principal === principal);
  const anew = {
    session: { token, returning: false, ...NOWHERE },
    ref: { ...ref, id: token.id, generation: token.generation, bornAt: token.bornAt },
  };
  return commit(anew, { ...intent, patches: [isOwn ? from : {}, ...intent.patches] }, parts, facts);
}

/** The change, with what the index of the principal's sessions is told of a login. */
function indexed(change: Change, { principals }: CommitParts, login: LoginFacts | undefined): Change {
  if (!principals || !login || change.principal === undefined) return change;
  return { ...change, index: { where: login.where, limit: principals.limit } };
}

/** Asks for a place for a login, where a limit refuses logins; nothing else needs the index. Returns why there is none. */
async function reserve(
  { id: changeId, principal, expiresAt }: Change,
  { id }: Ref,
  { principals }: CommitParts,
  login: LoginFacts | undefined,
): Promise<Commit | undefined> {
  if (principal === undefined || principals?.limit.onTooMany !== "refuse") return undefined;
  const { index, limit } = principals;
  const insteadOf = login?.insteadOf ? { insteadOf: login.insteadOf } : {};
  const reserved = await index.reserve(principal, { id, changeId, expiresAt, limit, ...insteadOf });
  switch (reserved.kind) {
    case "reserved":
      return undefined;
    case "too-many":
      return { kind: "too-many-sessions" };
    case "unavailable":
      return reserved;
  }
}

/**
 * Follows what the origin has written through the session API: the authority is asked when the view is older than
 * `version`, so that the token tells the client what it has caused.
 */
export async function follow(done: Done, version: number, ref: Ref, parts: CommitParts): Promise<Commit> {
  if (!done.view || done.ended || done.view.version >= version) return done;
  // What a rotation returned is as new as can be, and a read would count as the new generation's first use. A session
  // that was started anew is another than the one that the origin has written.
  if (done.rotated || done.session.token.id !== ref.id) return done;
  const found = await parts.authority.read({ ...ref, generation: done.view.generation }, parts.clock());
  switch (found.kind) {
    case "hit":
      await parts.tiers.keep(found.copy);
      return { ...done, view: found.copy, replicated: found.copy.replicated };
    case "superseded":
      return found.before ? { ...done, view: found.before } : { kind: "ended" };
    case "miss":
    case "ended":
      return { kind: "ended", marks: true };
    case "unavailable":
      return found;
  }
}

/**
 * Takes the flash of a session, if it has one, to be shown in one handoff. The authority gives it to one request alone, and
 * before that is sent: what is lost on the way to the origin is lost.
 *
 * @returns the session with what it may show; as it was where the authority does not answer.
 */
export async function takeFlash(session: Session, ref: Ref, parts: CommitParts): Promise<Session> {
  if (!session.view?.flash) return session;
  const taken = await parts.authority.commit(ref, changeNow({ takeFlash: true }, parts));
  if (taken.kind !== "committed") return session;
  await parts.tiers.keep(taken.copy);
  const { token, returning, replicated } = session;
  return { token, returning, view: taken.copy, stale: false, journaled: false, replicated, flash: taken.flash };
}

/** Ends a session that has passed a timeout which only a route has. */
export async function endOverdue(reason: "idle" | "absolute", ref: Ref, parts: CommitParts) {
  return parts.tiers.commit(ref, changeNow({ end: true, endReason: reason }, parts));
}
