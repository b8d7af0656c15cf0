import type { FoundingLimit } from "../inbound/founding-limit.ts";
import { whereaboutsOf } from "../inbound/whereabouts.ts";
import type { AskedParts } from "../lib/asked.ts";
import { randomId } from "../lib/base64url.ts";
import { MAX_FLASH_BYTES, type Refusal } from "../session/apply.ts";
import type { Change, Policy, Ref, SessionLimit } from "../session/change.ts";
import { touched } from "../session/deadlines.ts";
import { isSomebodys, type View } from "../session/record.ts";
import { asksForChange, changeFor, type Intent, NOWHERE, rotates, type Session } from "../session/session.ts";
import type { Lease } from "../store/locking.ts";
import { type Loss, lossOf } from "../store/loss.ts";
import type { OpenedSession, OpenSessionParts } from "../store/open-session.ts";
import type { Principals, Reservation } from "../store/principal-contracts.ts";
import type { Written } from "../store/tiers.ts";
import { isJoined, principalRefusal } from "./login-commit.ts";

/** The outcome of an intent. `loss`: what the answer of the authority has proved. */
export type Commit = Outcome & { readonly loss?: Loss };

/** Only `done` acknowledges the intent. */
export type Outcome =
  | Done
  /** The session ended, or was superseded, while the request was under way. */
  | { kind: "ended" }
  /** A page of another site would found a session, though its visitor may have a session of their own. */
  | { kind: "cross-site" }
  | { kind: "refused"; reason: string }
  /** The request's lease was over: another request may have changed the session meanwhile. */
  | { kind: "lock-lost" }
  /** The client has had as many sessions founded as it may: nothing of the intent was done. */
  | { kind: "founding-limited" }
  /** The principal has as many sessions as they may have: nothing of the intent was done. */
  | { kind: "too-many-sessions" }
  | { kind: "unavailable"; cause: unknown };

/** The session as it is now. */
export interface Done {
  readonly kind: "done";
  readonly session: Session;
  /** `undefined`: it exists nowhere, or in the journal alone. */
  readonly view: View | undefined;
  /** Whether a replica of it exists. */
  readonly replicated: boolean;
  /** Whether its generation is new to the client. */
  readonly rotated: boolean;
  /** Whether this request ended it. */
  readonly ended: boolean;
  /**
   * The store that took the change, or a touch: the name of the authority, or `journal`. `undefined`: nothing was to be written, or could
   * be.
   */
  readonly written?: string;
  /** Why a touch, which acknowledges nothing, could not be written. */
  readonly untouched?: unknown;
}

/** The stores and rules of a commit. */
export interface CommitParts extends OpenSessionParts {
  /** The index of each principal's sessions, and how many there may be. Default: there is no index. */
  readonly principals?: { readonly index: Pick<Principals, "reserve">; readonly limit: SessionLimit } | undefined;
  /** The ids of all logins of `logins`, with which the principals of their providers begin. Default: there is one login at most. */
  readonly loginIds?: readonly string[] | undefined;
  /** Asked before a session is stored for the first time. Default: there is no limit. */
  readonly mayFound?: FoundingLimit | undefined;
}

/** The facts of a request that bear on its commit. */
export interface CommitFacts {
  readonly request: AskedParts;
  /** Takes the ids of sessions whose mark the response must set. */
  readonly toMark: Set<string>;
  /** Whether the request may renew the idle deadline. Default `true`. */
  readonly touches?: boolean;
  readonly lease?: Lease | undefined;
  /** Whether a page of another site has sent it, so that it may found no session. Default `false`. */
  readonly isForeign?: boolean;
  /** The place in the index that the same login was given for a session that could not be changed. */
  readonly insteadOf?: Reservation["insteadOf"];
}

/** A request's session, with the reference by which stores know it. */
export type Known = Pick<OpenedSession, "session" | "ref">;

/** The one writer: carries out the intent of a request. Answers at once if nothing is to be written. */
export function commit(known: Known, intent: Intent, facts: CommitFacts, parts: CommitParts): Done | Promise<Commit> {
  const { session } = known;
  const { touches = true } = facts;
  const { view, replicated } = session;
  const clean: Done = { kind: "done", session, view, rotated: false, ended: false, replicated };
  const asked = changeFor(session, intent, { newId: randomId, now: parts.clock(), policy: parts.policy, touches });
  return asked ? carryOut({ clean, change: asked, known, intent, facts }, parts) : clean;
}

async function carryOut(attempted: Attempted, parts: CommitParts): Promise<Commit> {
  const { clean, change: asked, known, intent, facts } = attempted;
  const { session, ref } = known;
  const { lease } = facts;
  const { view } = session;
  // A session that ends at once is stored as a tombstone.
  const isFounding = view === undefined;
  if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && intent.principal !== undefined) {
    const reason = principalRefusal(intent, view, parts.loginIds);
    if (reason !== undefined) return { kind: "refused", reason };
  }
  if (isFounding && facts.isForeign) return { kind: "cross-site" };
  // A request without a token has nothing to end; were the cookie cleared for it, a cross-site post would log people out.
  if (intent.end && !session.returning) return clean;
  const isVouchedFor = (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && intent.login !== undefined;
  // A provider has seen a visitor who logs in, so they are no bot. A whole office may log in from one address.
  const founding = isFounding && !isVouchedFor ? await parts.mayFound?.(facts.request) : undefined;
  if (founding && founding.kind !== "allowed") return founding;
  const needsDetails = lease !== undefined || asked.principal !== undefined;
  const change = needsDetails ? withDetails(asked, facts, parts) : asked;
  const isNewLogin = change.index !== undefined && change.principal !== view?.principal;
  const refused = isNewLogin ? await reserve(change, ref, facts, parts) : undefined;
  if (refused) return refused;

  const written = await parts.tiers.commit(ref, change, facts.toMark);
  if (lease && written.kind !== "unavailable") lease.spent = true;
  const { name: store } = parts.authority;
  if (written.kind !== "committed") {
    const outcome = await notCommitted(written, { ...attempted, change }, parts);
    return { ...outcome, ...lossOf(written, session.token, { ...ref, store }) };
  }
  const { copy, setBack } = written;
  const rotated = copy.generation > ref.generation;
  return {
    ...clean,
    view: copy,
    rotated,
    ended: intent.end,
    replicated: copy.replicated,
    written: store,
    ...(setBack && lossOf(written, session.token, { ...ref, store })),
  };
}

interface Attempted {
  /** The outcome of a request that changes nothing. */
  readonly clean: Done;
  readonly change: Change;
  readonly known: Known;
  readonly intent: Intent;
  readonly facts: CommitFacts;
}

/** The outcome of a change that the authority has not taken: the journal has, or no store. */
async function notCommitted(
  written: Exclude<Written, { kind: "committed" }>,
  { clean, change, known, intent, facts }: Attempted,
  parts: CommitParts,
): Promise<Outcome> {
  const { session, ref } = known;
  const { view } = session;
  if (written.kind === "journaled") {
    const isTouched = view && change.touch;
    const now = isTouched ? { ...view, ...touched(parts.clock(), parts.policy, view) } : view;
    return { ...clean, view: now, ended: intent.end, written: "journal" };
  }
  if (!asksForChange(session, intent)) return { ...clean, untouched: written };
  if (written.kind === "ended" && intent.end) return { ...clean, ended: true };
  return unwritten(written, known, intent, { ...facts, insteadOf: { id: ref.id, changeId: change.id } }, parts);
}

/** Adds the lease of the request, and what the index of the principal's sessions receives of a login. */
function withDetails(change: Change, { lease, request }: CommitFacts, { principals }: CommitParts): Change {
  const isIndexed = principals && change.principal !== undefined;
  return {
    ...change,
    ...(lease ? { lease: lease.id } : {}),
    ...(isIndexed ? { index: { where: whereaboutsOf(request), limit: principals.limit } } : {}),
  };
}

/** The outcome of an intent that its session has not taken. It may start a session of its own. */
async function unwritten(
  written: Exclude<Written, { kind: "committed" | "journaled" }>,
  known: Known,
  intent: Intent,
  facts: CommitFacts,
  parts: CommitParts,
): Promise<Commit> {
  const { session, ref } = known;
  // A login needs no session before it, nor does a change by an origin that was shown an empty session.
  const isLogin = (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && intent.login !== undefined;
  if (isLogin && (await isJoined(known, intent, parts))) {
    const { view, replicated } = session;
    return { kind: "done", session, view, rotated: false, ended: false, replicated };
  }
  const mayStartAnew = session.returning && !intent.end && (!session.view || rotates(session, intent));
  switch (written.kind) {
    case "ended": {
      // A change must not begin another session in place of a session that was ended while its request was under way.
      const { at, reason } = written.tombstone?.ended ?? {};
      const wasLoggedOut = reason === "ended" && at !== undefined && at > ref.arrivedAt;
      if (mayStartAnew && (rotates(session, intent) || !wasLoggedOut))
        return startAnew(known, intent, {}, facts, parts);
      // A client that has been told of the end must not see the session again through a copy elsewhere.
      facts.toMark.add(ref.id);
      return { kind: "ended" };
    }
    case "superseded":
      return mayStartAnew ? startAnew(known, intent, session.view?.attributes ?? {}, facts, parts) : { kind: "ended" };
    case "refused":
      if (written.reason === "expired") {
        return { kind: "unavailable", cause: new Error("the change expired on its way") };
      }
      if (written.reason === "rotated") return { kind: "ended" };
      return { kind: "refused", reason: REFUSED[written.reason](parts.policy) };
    // No origin's change names a version, so it is the lease that is over.
    case "conflict":
      return { kind: "lock-lost" };
    case "unavailable":
      return { kind: "unavailable", cause: written.cause };
  }
}

/** What the log says of a change that is refused. */
const REFUSED: Readonly<Record<Exclude<Refusal, "expired" | "rotated">, (policy: Policy) => string>> = {
  "too-large": ({ maxAttributeBytes }) => `the attributes would pass ${maxAttributeBytes} bytes`,
  "flash-too-large": () => `the flash would pass ${MAX_FLASH_BYTES} bytes`,
  "cookie-full": () => "the attributes and the flash would be too long for a session in cookies",
  "not-in-cookies": () => "a session in cookies has no principal and no rotation",
};

/**
 * A session of its own, under a new key, for an intent whose session cannot be changed any more.
 *
 * @param from the attributes that it may take along.
 */
async function startAnew(
  { session, ref }: Known,
  intent: Intent,
  from: View["attributes"],
  { request, toMark, insteadOf }: CommitFacts,
  parts: CommitParts,
): Promise<Commit> {
  const { tokens, policy, clock } = parts;
  const { home, boundTo } = session.token;
  const token = await tokens.mint(clock(), policy.newSessionHours * 3_600_000, home, boundTo);
  // Only the principal whose session it is may take along the attributes of a session that may be somebody's.
  const { view } = session;
  const principal = view?.principal;
  const isOwn = !view || !isSomebodys(view) || (principal !== undefined && intent.principal === principal);
  const { seenVersion: _, ...seenNothing } = ref;
  const anew = {
    session: { token, returning: false, ...NOWHERE },
    ref: { ...seenNothing, id: token.id, generation: token.generation, bornAt: token.bornAt },
  };
  const patches = [isOwn ? from : {}, ...intent.patches];
  return commit(anew, { ...intent, patches }, { request, toMark, insteadOf }, parts);
}

/** Asks for a place for a login, where a limit refuses logins; nothing else needs the index. Returns why there is none. */
async function reserve(
  { id: changeId, principal, expiresAt }: Change,
  { id }: Ref,
  { insteadOf }: CommitFacts,
  { principals }: CommitParts,
): Promise<Commit | undefined> {
  if (principal === undefined || principals?.limit.onTooMany !== "refuse") return undefined;
  const { index, limit } = principals;
  const place = { id, changeId, expiresAt, limit, ...(insteadOf ? { insteadOf } : {}) };
  const reserved = await index.reserve(principal, place);
  switch (reserved.kind) {
    case "reserved":
      return undefined;
    case "too-many":
      return { kind: "too-many-sessions" };
    case "unavailable":
      return reserved;
  }
}
