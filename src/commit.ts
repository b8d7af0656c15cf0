import { encodeBase64url } from "./inbound/base64url.ts";
import type { Tokens } from "./inbound/tokens.ts";
import type { Policy, Ref } from "./session/change.ts";
import { touched } from "./session/deadlines.ts";
import { deadlineOf, type View } from "./session/record.ts";
import type { Session } from "./session/session.ts";
import type { Authority } from "./store/contracts.ts";
import type { Tiers } from "./store/tiers.ts";

/**
 * What became of what a request asked of its session. Only `done` acknowledges it. `marks`: the journal was asked to take it,
 * so the response sets the mark.
 */
export type Commit = { readonly marks?: boolean } & (
  | Done
  /** The session ended, or was superseded, while the request was under way. */
  | { kind: "ended" }
  | { kind: "refused"; reason: string }
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
  /** Why a touch, which acknowledges nothing, could not be written. */
  readonly untouched?: unknown;
}

/** What a commit needs. */
export interface CommitParts {
  readonly authority: Authority;
  readonly tiers: Tiers;
  readonly tokens: Tokens;
  readonly policy: Policy;
  readonly clock: () => number;
}

/** The one writer: carries out what a request asks of its session. */
export async function commit(session: Session, ref: Ref, parts: CommitParts): Promise<Commit> {
  const clean: Done = {
    kind: "done",
    session,
    view: session.view,
    rotated: false,
    ended: false,
    replicated: session.shown?.replicated ?? false,
  };
  // A request without a token has nothing to end; were the cookie cleared for it, a cross-site post would log people out.
  if (session.ending && !session.returning) return clean;
  const change = session.toChange({ id: randomId(), now: parts.clock(), policy: parts.policy });
  if (!change) return clean;

  const committed = await parts.tiers.commit(ref, change);
  const told = "marks" in committed && committed.marks ? { marks: true } : {};
  if (committed.kind === "committed") {
    const { copy } = committed;
    const rotated = copy.generation > ref.generation;
    return { ...clean, view: copy, rotated, ended: session.ending, replicated: copy.replicated };
  }
  if (committed.kind === "journaled") {
    const view =
      session.view && change.touch ? { ...session.view, ...touched(parts.clock(), parts.policy) } : session.view;
    return { ...clean, view, ended: session.ending, ...told };
  }
  if (!session.asks) return { ...clean, untouched: committed, ...told };
  switch (committed.kind) {
    case "ended":
      if (session.ending) return { ...clean, ended: true, ...told };
      // Who has been told that it is over must not be shown it again by a copy elsewhere.
      return mayStartAnew(session) ? startAnew(session, ref, parts, {}) : { kind: "ended", marks: true };
    case "superseded":
      if (session.ending) return { kind: "ended" };
      return mayStartAnew(session) ? startAnew(session, ref, parts, session.attributes) : { kind: "ended" };
    case "refused":
      return committed.reason === "too-large"
        ? { kind: "refused", reason: `the attributes would pass ${parts.policy.maxAttributeBytes} bytes` }
        : { kind: "unavailable", cause: new Error("the change expired on its way"), ...told };
    case "conflict":
      return { kind: "refused", reason: "the session has another version" };
    case "unavailable":
      return committed;
  }
}

/** A login needs no session before it, nor does a change by an origin that was shown an empty one. */
function mayStartAnew(session: Session): boolean {
  return session.returning && (session.isNew || session.rotating);
}

/** A session of its own, under a new key, for what was asked of one that cannot be changed any more. */
async function startAnew(session: Session, ref: Ref, parts: CommitParts, from: View["attributes"]): Promise<Commit> {
  const { tokens, policy, clock } = parts;
  const token = await tokens.mint(clock(), policy.newSessionHours * 3_600_000, session.token.home);
  // Attributes of a session that belongs to somebody are handed to nobody else who logs in.
  const isOwn = session.principal === undefined || session.logsInAs(session.principal);
  const anew = session.startAnew(token, isOwn ? from : {});
  return commit(anew, { ...ref, id: token.id, generation: token.generation, bornAt: token.bornAt }, parts);
}

/**
 * Follows what the origin has written through the session API: the authority is asked when the view is older than
 * `version`, so that the token tells the client what it has caused.
 */
export async function follow(done: Done, version: number, ref: Ref, parts: CommitParts): Promise<Commit> {
  if (!done.view || done.ended || done.view.version >= version) return done;
  // What a rotation returned is as new as can be, and a read would count as the new generation's first use. A session
  // that was started anew is another than the one that the origin has written.
  if (done.rotated || done.session.id !== ref.id) return done;
  const found = await parts.authority.read({ ...ref, generation: done.view.generation }, parts.clock());
  switch (found.kind) {
    case "hit":
      await parts.tiers.keep(found.copy);
      return { ...done, view: found.copy, replicated: found.copy.replicated };
    case "superseded":
      return found.copy ? { ...done, view: found.copy } : { kind: "ended" };
    case "miss":
    case "ended":
      return { kind: "ended", marks: true };
    case "unavailable":
      return found;
  }
}

/** What the carrier has to do for a response. */
export type TokenWrite = { kind: "none" } | { kind: "clear" } | { kind: "write"; text: string; expiresAt: number };

/**
 * The token for the response: a new one only if it tells the client something new.
 *
 * @param mayWriteFresh whether the response may give a token to a client that brought none, though nothing is stored.
 */
export async function tokenFor(done: Done, mayWriteFresh: boolean, parts: CommitParts): Promise<TokenWrite> {
  const { session, view } = done;
  const { token } = session;
  if (done.ended) return { kind: "clear" };
  // A version-0 token is written once: one that came is never written again, though the journal may hold its session.
  if (!view || view.version === 0) {
    if (session.returning || !(mayWriteFresh || done.marks)) return { kind: "none" };
    return { kind: "write", text: await parts.tokens.sign(token, { proof: false }), expiresAt: token.expiresAt };
  }
  // A first touch within the second of the founding leaves touchedAt as it was, and moves the deadline.
  const lasts = view.touchedAt > token.touchedAt || deadlineOf(view) > token.expiresAt;
  const isNews = done.rotated || view.version > token.version || lasts || (done.replicated && !token.replicated);
  if (!isNews) return { kind: "none" };
  const { generation, touchedAt } = view;
  const renewed = {
    ...token,
    generation,
    // What is shown while stores are down may be older than what the client has seen.
    version: Math.max(view.version, token.version),
    touchedAt,
    expiresAt: deadlineOf(view),
    replicated: done.replicated || token.replicated,
    // Read when it is signed: the freshness rule counts from there.
    issuedAt: parts.clock(),
  };
  const text = await parts.tokens.sign(renewed, { proof: done.rotated });
  return { kind: "write", text, expiresAt: renewed.expiresAt };
}

function randomId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
}
