import type { Arrival } from "../inbound/arrival.ts";
import type { OpenedToken, Tokens } from "../inbound/token/tokens.ts";
import type { Policy, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import { PARALLEL_MS } from "../session/generations.ts";
import { NOWHERE, type Session } from "../session/session.ts";
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
  /** Whether the response sets the mark. */
  readonly marks: boolean;
  /** Whether the client may be about to receive a newer token of its session, which a fresh token must not replace. Default `false`. */
  readonly awaitsToken?: boolean;
}

/** The stores that know the session do not answer. */
export interface SessionUnavailable {
  readonly kind: "unavailable";
  readonly cause: unknown;
  readonly ref: Ref;
  readonly found: Resolved;
  /** Whether the response sets the mark. */
  readonly marks: boolean;
}

/** The stores and settings for opening a session. */
export interface OpenSessionParts extends Omit<ResolveOptions, "now"> {
  readonly tiers: Tiers;
  readonly tokens: Tokens;
  readonly policy: Policy;
  /** Whether the request has waited for its session, and must see the changes of the requests before it. Default `false`. */
  readonly locked?: boolean;
}

/** Opens the session of a request: the session that its token names, or a fresh session that no store holds. */
export async function openSession(
  token: OpenedToken | undefined,
  arrival: Arrival,
  parts: OpenSessionParts,
): Promise<Opened> {
  if (!token) return fresh(arrival, parts, false);
  const ref = refOf(token, arrival);
  const unsaved = { ref, session: { token, returning: true, ...NOWHERE }, source: "new" as const, marks: false };
  // Without a mark, no store can know anything of the session, so no store is asked.
  if (token.version === 0 && token.markedAt === undefined && !parts.locked) return { kind: "session", ...unsaved };
  const found = await parts.tiers.resolve(ref, token, { ...parts, now: arrival.arrivedAt });
  switch (found.kind) {
    case "hit":
      return shown(token, ref, found, found.copy);
    case "superseded":
      if (found.before) return shown(token, ref, found, found.before);
      return { ...(await fresh(arrival, parts, false)), awaitsToken: isBeside(found.rotatedAt, arrival) };
    case "miss":
      // A token with a version proves that there was a record. If that record is gone, the session has ended.
      return token.version === 0 ? { kind: "session", ...unsaved } : fresh(arrival, parts, true);
    // A client that has been told of the end must not see the session again through a copy elsewhere.
    case "ended":
      return fresh(arrival, parts, true);
    case "unavailable":
      return { kind: "unavailable", cause: found.cause, ref, found, marks: false };
  }
}

/**
 * Whether the authority vouched for the shown state a moment ago. A new token makes all copies too old for a while, so its client
 * depends on the authority. If the authority has just vouched, it is up, and the client is not left alone with stores that are
 * down.
 */
export function isJustVouched({ source }: OpenedSession): boolean {
  return source === "object" || source === "memory";
}

function shown(token: OpenedToken, ref: Ref, found: Resolved, view: Copy): Opened {
  const { source, journaled = false, stale = false } = found;
  const { replicated } = view;
  const session: Session = { token, returning: true, view, stale, journaled, replicated, flash: undefined };
  // A session that shows content of the journal counts as marked from now on, whether or not the client holds a mark.
  return {
    kind: "session",
    session,
    ref: journaled ? { ...ref, markedAt: ref.arrivedAt } : ref,
    source,
    found,
    marks: journaled,
  };
}

/** Whether a request arrived while the response of a rotation may still be on its way. */
function isBeside(rotatedAt = Number.NEGATIVE_INFINITY, { arrivedAt }: Arrival): boolean {
  return arrivedAt < rotatedAt + PARALLEL_MS;
}

async function fresh(arrival: Arrival, { tokens, policy }: OpenSessionParts, marks: boolean): Promise<OpenedSession> {
  const token = await tokens.mint(arrival.arrivedAt, policy.newSessionHours * 3_600_000, arrival.region);
  const session = { token, returning: false, ...NOWHERE };
  return { kind: "session", session, ref: refOf(token, arrival), source: "none", marks };
}

/** The session that a request belongs to, according to the token that the client sent or was given. */
export function refOf(token: OpenedToken, { arrivedAt, colo, region }: Arrival): Ref {
  const { id, generation, version, bornAt, home, replicated, issuedAt, markedAt } = token;
  const away = home !== 0 && region !== 0 && home !== region;
  return {
    id,
    generation,
    // A token that has seen a record founds no session. Without a birth time nothing can be founded, whatever the policy allows.
    bornAt: version === 0 ? bornAt : 0,
    arrivedAt,
    colo,
    ...(away ? { away } : {}),
    ...(away && replicated ? { signedAt: issuedAt } : {}),
    // A mark that was set by a clock that is ahead must not make requests look at the journal for longer.
    ...(markedAt === undefined ? {} : { markedAt: Math.min(markedAt, arrivedAt) }),
  };
}
