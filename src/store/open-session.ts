import type { ResolvedRoute } from "../config/resolved.ts";
import type { Arrival } from "../inbound/arrival.ts";
import type { OpenedToken, Tokens } from "../inbound/token/tokens.ts";
import type { AskedParts } from "../lib/asked.ts";
import { changeNow, type Policy, type Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import { routeTimeoutPassed } from "../session/deadlines.ts";
import { PARALLEL_MS } from "../session/generations.ts";
import { NOWHERE, type Session } from "../session/session.ts";
import type { Authority } from "./contracts.ts";
import { type Loss, lossOf } from "./loss.ts";
import type { Resolved, ResolveOptions, Source, Tiers } from "./tiers.ts";

/** Where a request's session came from. `none`: there was no token. `new`: the session of its token is held by no store yet. */
export type SessionSource = "none" | "new" | Source;

/** A request's session, or the reason why there is none. */
export type Opened = OpenedSession | SessionUnavailable;

/** A request's session. */
export interface OpenedSession {
  readonly kind: "session";
  readonly session: Session;
  readonly ref: Ref;
  readonly source: SessionSource;
  /** The answer of the stores, if a store was asked and its answer is shown. */
  readonly found?: Resolved;
  /** Whether the client may be about to receive a newer token of its session, which a fresh token must not replace. Default `false`. */
  readonly awaitsToken?: boolean;
  readonly loss?: Loss;
}

/** The stores that know the session do not answer. */
export interface SessionUnavailable {
  readonly kind: "unavailable";
  readonly cause: unknown;
  readonly ref: Ref;
  readonly found: Resolved;
  readonly loss?: Loss;
}

/** A request whose session is to be opened. */
export interface Opening extends Omit<ResolveOptions, "now"> {
  /** The token that the client sent, if it sent one that opens. */
  readonly token: OpenedToken | undefined;
  readonly arrival: Arrival;
  /** Whether the request has waited for its session, and must see the changes of the requests before it. Default `false`. */
  readonly locked?: boolean;
  /** Takes the ids of sessions whose mark the response must set. */
  readonly toMark: Set<string>;
}

/** The stores and rules for opening a session. */
export interface OpenSessionParts {
  readonly authority: Authority;
  readonly tiers: Tiers;
  readonly tokens: Tokens;
  readonly policy: Policy;
  readonly clock: () => number;
}

/** A request of a route, whose session is to be opened. */
export interface RouteOpening extends Omit<Opening, "strict" | "onStale"> {
  readonly request: AskedParts;
  readonly route: Pick<ResolvedRoute, "session" | "touch" | "freshness" | "onStale">;
  /** Whether Moor answers the request itself, so that no origin would show the flash. Default: it does not. */
  readonly answersItself?: ((session: Session) => boolean) | undefined;
}

/**
 * Opens the session of a request as its route wants it: within the route's own timeouts, and with the flash. Answers at once if memory
 * knows the session.
 */
export function openForRoute(opening: RouteOpening, parts: OpenSessionParts): Opened | Promise<Opened> {
  const { route, token, arrival, locked = false, toMark } = opening;
  if (!token) return fresh(arrival, parts);
  const strict = locked || route.freshness === "strict";
  const { onStale } = route;
  // Of a session that was never stored, memory knows nothing that its client has seen.
  if (token.version !== 0) {
    const ref = refOf(token, arrival);
    const near = parts.tiers.atHand(ref, token, { strict, onStale, now: arrival.arrivedAt });
    if (near?.kind === "hit") return forRoute(shown(near, near.copy, { token, ref }, toMark), opening, parts);
  }
  return openSession({ ...opening, strict, onStale }, parts).then((opened) => forRoute(opened, opening, parts));
}

/** An opened session as a route wants it. */
function forRoute(opened: Opened, opening: RouteOpening, parts: OpenSessionParts): Opened | Promise<Opened> {
  if (opened.kind !== "session") return opened;
  const { request, route, arrival } = opening;
  const { session, found } = opened;
  const { view } = session;
  if (view && found && typeof route.session === "object") {
    const touchedAt = Math.max(view.touchedAt, session.token.touchedAt);
    const reason = routeTimeoutPassed(view, touchedAt, route.session, arrival.arrivedAt, parts.policy);
    if (reason) return endedByRoute(reason, opened, found, opening, parts);
  }
  if (!view?.flash || !route.touch || !isForSomebody(request) || opening.answersItself?.(session)) return opened;
  return takeFlash(session, opened.ref, parts).then((taken) => ({ ...opened, ...taken }));
}

/** Ends a session whose timeout on a route has passed, and opens a fresh session. */
async function endedByRoute(
  reason: "idle" | "absolute",
  { ref }: OpenedSession,
  found: Resolved,
  opening: RouteOpening,
  parts: OpenSessionParts,
): Promise<Opened> {
  const { arrival, toMark } = opening;
  const ended = await parts.tiers.commit(ref, changeNow({ end: true, endReason: reason }, parts), toMark);
  if (ended.kind === "unavailable") return { kind: "unavailable", cause: ended.cause, ref, found };
  // A client that has been told of the end must not see the session again through a copy elsewhere.
  toMark.add(ref.id);
  return fresh(arrival, parts);
}

/** Opens the session of a request: the session that its token names, or a fresh session that no store holds. */
export async function openSession(opening: Opening, parts: OpenSessionParts): Promise<Opened> {
  const { token, arrival, strict, onStale, toMark } = opening;
  if (!token) return fresh(arrival, parts);
  const ref = refOf(token, arrival);
  // Without a mark, no store can know anything of the session, so no store is asked.
  if (token.version === 0 && token.markedAt === undefined && !opening.locked) return unsaved(token, ref);
  const found = await parts.tiers.resolve(ref, token, { strict, onStale, now: arrival.arrivedAt });
  const proves = found.kind !== "hit" || found.setBack;
  const loss = proves && lossOf(found, token, { ...arrival, store: found.source });
  const view = found.kind === "hit" ? found.copy : found.kind === "superseded" ? found.before : undefined;
  if (view) return { ...shown(found, view, { token, ref }, toMark), ...loss };
  if (found.kind === "unavailable") return { kind: "unavailable", cause: found.cause, ref, found, ...loss };
  if (found.kind === "superseded") {
    return { ...(await fresh(arrival, parts)), awaitsToken: isBeside(found.rotatedAt, arrival), ...loss };
  }
  // A token with a version proves that there was a record. If that record is gone, the session is over.
  if (found.kind === "miss" && token.version === 0) return unsaved(token, ref);
  // A client that has been told of the end must not see the session again through a copy elsewhere.
  toMark.add(ref.id);
  return { ...(await fresh(arrival, parts)), ...loss };
}

/** The session that an answer of the stores shows. */
function shown(
  found: Resolved,
  view: Copy,
  { token, ref }: { readonly token: OpenedToken; readonly ref: Ref },
  toMark: Set<string>,
): OpenedSession {
  const { source, journaled = false, stale = false } = found;
  const { replicated } = view;
  const session: Session = { token, returning: true, view, stale, journaled, replicated, flash: undefined };
  if (!journaled) return { kind: "session", session, ref, source, found };
  // A session that shows content of the journal counts as marked from now on, whether or not the client holds a mark.
  toMark.add(ref.id);
  return { kind: "session", session, ref: { ...ref, markedAt: ref.arrivedAt }, source, found };
}

/**
 * Whether the authority vouched for the shown state a moment ago. A new token makes all copies too old for a while, so its client
 * depends on the authority. If the authority has just vouched, it is up, and the client is not left alone with stores that are
 * down.
 */
export function isJustVouched(
  { source }: OpenedSession,
  { authority }: { readonly authority: Pick<Authority, "name"> },
): boolean {
  return source === authority.name || source === "memory";
}

/** Whether a request arrived while the response of a rotation may still be on its way. */
function isBeside(rotatedAt = Number.NEGATIVE_INFINITY, { arrivedAt }: Arrival): boolean {
  return arrivedAt < rotatedAt + PARALLEL_MS;
}

/** A session that no store holds yet, of a client that has its token. */
function unsaved(token: OpenedToken, ref: Ref): OpenedSession {
  return { kind: "session", session: { ...NOWHERE, token, returning: true }, ref, source: "new" };
}

async function fresh(arrival: Arrival, { tokens, policy }: OpenSessionParts): Promise<OpenedSession> {
  const token = await tokens.mint(
    arrival.arrivedAt,
    policy.newSessionHours * 3_600_000,
    arrival.region,
    arrival.boundTo,
    arrival.key,
  );
  const session = { ...NOWHERE, token, returning: false };
  return { kind: "session", session, ref: refOf(token, arrival), source: "none" };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The session that a request belongs to, according to the token that the client sent or was given. */
export function refOf(token: OpenedToken, { arrivedAt, region }: Arrival): Ref {
  const { id, generation, version, bornAt, home, replicated, issuedAt, markedAt, byOldCookie } = token;
  const away = home !== 0 && region !== 0 && home !== region;
  // A token that has seen a record founds no session. Without a birth time nothing can be founded, whatever the policy allows.
  const ref: Mutable<Ref> = { id, generation, bornAt: version === 0 ? bornAt : 0, arrivedAt };
  // A field that is absent is not sent to the object.
  if (away) ref.away = away;
  if (away && replicated) ref.signedAt = issuedAt;
  if (version > 0) ref.seenVersion = version;
  // A mark that was set by a clock that is ahead must not make requests look at the journal for longer.
  if (markedAt !== undefined) ref.markedAt = Math.min(markedAt, arrivedAt);
  if (byOldCookie) ref.byOldCookie = byOldCookie;
  return ref;
}

/**
 * Takes the flash of a session, to be shown in one handoff. The authority gives it to one request alone, before that request is sent
 * on. So a flash that is lost on the way to the origin is lost.
 *
 * @returns the session with the flash; the session as it was if the authority does not answer.
 */
export async function takeFlash(
  session: Session,
  ref: Ref,
  parts: OpenSessionParts,
): Promise<Pick<OpenedSession, "session" | "loss">> {
  const taken = await parts.authority.commit(ref, changeNow({ takeFlash: true }, parts));
  if (taken.kind !== "committed") return { session };
  const { copy, flash, setBack = false } = taken;
  parts.tiers.keep(copy);
  const withFlash = { ...session, view: copy, stale: setBack, journaled: false, flash };
  return { session: withFlash, ...lossOf(taken, session.token, { ...ref, store: parts.authority.name }) };
}

/** The `Sec-Fetch-Dest` of requests whose answer a person may see, directly or by a script. */
const DESTINATIONS = new Set(["document", "empty", "iframe"]);

/** Whether a person sees the answer now: it is not a part of a page, and is not fetched ahead. */
function isForSomebody({ method, headers }: AskedParts): boolean {
  const isAhead = /\bprefetch\b/.test(`${headers.get("Sec-Purpose")} ${headers.get("Purpose")}`);
  return method === "GET" && !isAhead && DESTINATIONS.has(headers.get("Sec-Fetch-Dest") ?? "document");
}
