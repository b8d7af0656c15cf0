import type { Credentials } from "../inbound/carriers/credentials.ts";
import { deadlineOf } from "../session/record.ts";
import type { CommitParts, Done } from "./commit.ts";

/** What the carrier has to do for a response; `id` is the session's. */
export type TokenWrite =
  | { kind: "none" }
  | { kind: "clear" }
  | { kind: "write"; id: string; credentials: Credentials; expiresAt: number };

/** How a response may give a token. */
export interface TokenOptions {
  /** Whether it may give a token to a client that sent none, though no object stores the session. */
  readonly mayGiveFresh: boolean;
  /** Whether every token needs its proof beside it; else only a rotation gives one. */
  readonly withProof: boolean;
  /** What the token's pin is to be, and whether that alone is worth a new token. Default: the session has not moved. */
  readonly moved?: { readonly pin: number; readonly isNews: boolean } | undefined;
}

/** The token for the response: a new one only if it tells the client something new. */
export async function tokenFor(done: Done, options: TokenOptions, parts: CommitParts): Promise<TokenWrite> {
  const { session, view } = done;
  const { token } = session;
  if (done.ended) return { kind: "clear" };
  // A version-0 token is written once: one that came is never written again, though the journal may hold its session.
  if (!view || view.version === 0) {
    if (session.returning || !options.mayGiveFresh) return { kind: "none" };
    const credentials = await parts.tokens.sign(token, { proof: false });
    return { kind: "write", id: token.id, credentials, expiresAt: token.expiresAt };
  }
  // A first touch within the second of the founding leaves touchedAt as it was, and moves the deadline.
  const lasts = view.touchedAt > token.touchedAt || deadlineOf(view) > token.expiresAt;
  const isNews = done.rotated || view.version > token.version || lasts || (done.replicated && !token.replicated);
  if (!isNews && !options.moved?.isNews) return { kind: "none" };
  const { generation, touchedAt } = view;
  const news = {
    // What is shown while stores are down may be older than what the client has seen.
    version: Math.max(view.version, token.version),
    touchedAt,
    expiresAt: deadlineOf(view),
    replicated: done.replicated || token.replicated,
  };
  const renewed = {
    ...token,
    ...(isNews ? news : {}),
    generation,
    pin: options.moved?.pin ?? token.pin,
    // Read when it is signed: the freshness rule counts from there.
    issuedAt: parts.clock(),
  };
  const credentials = await parts.tokens.sign(renewed, {
    proof: done.rotated || (options.withProof && generation > 0),
  });
  return { kind: "write", id: token.id, credentials, expiresAt: renewed.expiresAt };
}
