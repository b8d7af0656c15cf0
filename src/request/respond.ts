import type { AddressCarrier, Carrier, OwnNames } from "../carriers/carrier.ts";
import { type Credentials, joinCredentials, NO_CREDENTIALS } from "../carriers/credentials.ts";
import type { Client } from "../inbound/carriers.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { AskedParts } from "../lib/asked.ts";
import { TARGETED_CACHE_CONTROL } from "../lib/caching-headers.ts";
import { nameOfSetCookie } from "../lib/set-cookie.ts";
import { writeExplain } from "../observe/explain.ts";
import { deadlineOf } from "../session/deadlines.ts";
import type { OldRef, View } from "../session/record.ts";
import type { HeaderNames } from "../upstream/wire/origin-headers.ts";
import type { CommitParts, Done } from "./commit.ts";

/** What the carrier has to do for a response; `id` is the session's. */
export type TokenWrite =
  | { kind: "none" }
  /** `cookies`: further `Set-Cookie` headers. Default: none. */
  | { kind: "clear"; cookies?: readonly string[] | undefined }
  | { kind: "provisional"; credentials: Credentials; expiresAt: number }
  | { kind: "write"; id: string; credentials: Credentials; expiresAt: number; isRemembered: boolean };

/** No cache may keep a response with this `Cache-Control`. */
const NO_CACHE = "private, no-store";

/** How a response may give a token. */
export interface TokenOptions {
  /** Whether it may give a token to a client that sent none, though no object stores the session. */
  readonly mayGiveFresh: boolean;
  /** Whether it may otherwise give such a client a provisional token. Default `false`. */
  readonly mayGiveAside?: boolean;
  /** Whether the client's token is provisional, so that another token can replace it. Default `false`. */
  readonly isProvisional?: boolean;
  /** Whether every token needs its proof beside it; else only a rotation gives one. */
  readonly withProof: boolean;
  /** Called if the request has ended an adopted session. Returns `Set-Cookie` headers. Default: it is not called. */
  readonly ended?: ((old: OldRef) => Promise<readonly string[]> | undefined) | undefined;
  /** What the token's pin is to be, and whether that alone is worth a new token. Default: the session has not moved. */
  readonly moved?:
    | { readonly pin: number; readonly isNews: boolean; readonly isBinding?: boolean | undefined }
    | undefined;
}

export const NO_TOKEN: TokenWrite = { kind: "none" };

/** The token for the response: a new one only if it tells the client something new. Answers at once if there is none. */
export function tokenFor(done: Done, options: TokenOptions, parts: CommitParts): TokenWrite | Promise<TokenWrite> {
  const { session, view } = done;
  const { token } = session;
  if (done.ended) return clearing(done, options);
  // A version-0 token is written once: one that came is never written again, though the journal may hold its session.
  if (!view || view.version === 0) {
    const mayGiveFresh = options.mayGiveFresh && (!session.returning || options.isProvisional === true);
    return mayGiveFresh || options.mayGiveAside ? unstored(token, mayGiveFresh, options, parts) : NO_TOKEN;
  }
  // A first touch within the second of the founding leaves touchedAt as it was, and moves the deadline.
  const lasts = view.touchedAt > token.touchedAt || deadlineOf(view) > token.expiresAt;
  const isNews = done.rotated || view.version > token.version || lasts || (done.replicated && !token.replicated);
  return isNews || options.moved?.isNews ? renewed(done, view, isNews, options, parts) : NO_TOKEN;
}

async function clearing({ session, view }: Done, options: TokenOptions): Promise<TokenWrite> {
  // A tombstone names no old session that Moor may only read.
  const old = view?.old ?? session.view?.old;
  return { kind: "clear", cookies: old && (await options.ended?.(old)) };
}

/** The token of a session that is not stored. */
async function unstored(
  token: OpenedToken,
  mayGiveFresh: boolean,
  { moved }: TokenOptions,
  { tokens }: CommitParts,
): Promise<TokenWrite> {
  // Otherwise visitors without a stored session go home after a move, because this token is written once.
  const bound =
    (typeof MOOR_FORMER_BALANCER === "undefined" || MOOR_FORMER_BALANCER) && moved?.isBinding
      ? { ...token, pin: moved.pin }
      : token;
  const credentials = await tokens.sign(bound, { proof: false });
  const { id, expiresAt } = token;
  if (!mayGiveFresh) return { kind: "provisional", credentials, expiresAt };
  return { kind: "write", id, credentials, expiresAt, isRemembered: false };
}

/** @param isNews whether the session itself has news; otherwise only its pin is new. */
async function renewed(
  { session: { token }, rotated, replicated }: Done,
  view: View,
  isNews: boolean,
  options: TokenOptions,
  parts: CommitParts,
): Promise<TokenWrite> {
  const { generation, touchedAt } = view;
  const news = {
    // What is shown while stores are down may be older than what the client has seen.
    version: Math.max(view.version, token.version),
    touchedAt,
    expiresAt: deadlineOf(view),
    replicated: replicated || token.replicated,
  };
  const anew = {
    ...token,
    ...(isNews ? news : {}),
    generation,
    pin: options.moved?.pin ?? token.pin,
    // Read when it is signed: the freshness rule counts from there.
    issuedAt: parts.clock(),
  };
  const credentials = await parts.tokens.sign(anew, { proof: rotated || (options.withProof && generation > 0) });
  return {
    kind: "write",
    id: token.id,
    credentials,
    expiresAt: anew.expiresAt,
    isRemembered: view.remembered === true,
  };
}

/** What changes of an origin's response before the client gets it. */
export interface ResponseChanges {
  readonly names: HeaderNames;
  /** Its cookies and headers that only Moor may set; see {@link ownNames}. */
  readonly dropped: readonly OwnName[];
  readonly client: Client;
  /** The request's address, without a token. */
  readonly page: URL;
  /** The carrier whose token stood in the address, if one did: no other site may be told of it. */
  readonly stripped: AddressCarrier | undefined;
  readonly token: TokenWrite;
  /** The mark that the client is given; "": none. */
  readonly mark: string;
  /** Further `Set-Cookie` headers. Default: none. */
  readonly cookies?: readonly string[] | undefined;
  /** Whether the route has sessions: then no shared cache may keep the response. */
  readonly session: boolean;
  /** How the request was decided, for `Server-Timing`. */
  readonly explain: string | undefined;
  /** Whether that is told to this client alone: then no cache may keep the response. Default `false`. */
  readonly isForOne?: boolean;
}

/** The origin's response as the client gets it. One that needs no change is passed on untouched. */
export function respond(response: Response, changes: ResponseChanges): Response {
  const { names, dropped, client, token, mark, cookies, session, explain } = changes;
  const lacksCacheControl = session && !names.hasCacheControl;
  const links = (session ? client.links : undefined) ?? changes.stripped;
  const untouched =
    names.moor.length === 0 &&
    token.kind === "none" &&
    mark === "" &&
    !cookies?.length &&
    dropped.length === 0 &&
    !lacksCacheControl &&
    explain === undefined &&
    !links;
  if (untouched) return response;

  const changed = new Response(response.body, response);
  const { headers } = changed;
  for (const name of names.moor) headers.delete(name);
  if (dropped.length > 0) dropOwn(headers, dropped);
  const givesNothing = token.kind === "none" && mark === "" && !cookies?.length;
  if (!givesNothing) give(headers, client, token, mark, cookies);
  else if (lacksCacheControl) headers.set("Cache-Control", "private");
  if (explain !== undefined) writeExplain(headers, explain);
  if (changes.isForOne) headers.set("Cache-Control", NO_CACHE);
  const isPrivate = !givesNothing || changes.isForOne === true;
  if (isPrivate && names.mayTargetCaches) for (const name of TARGETED_CACHE_CONTROL) headers.delete(name);
  const text = client.links ? joinCredentials(heldAfter(client.credentials, token, mark)) : "";
  return links && (text !== "" || changes.stripped) ? links.withLinks(changed, changes.page, text) : changed;
}

/**
 * The mark that a response gives: of the session whose token its client then holds; "": that session needs no mark.
 *
 * @param toMark the ids of sessions whose mark is to be set: the journal may hold something of them that copies do not show.
 */
export async function markFor(
  token: TokenWrite,
  client: Client,
  toMark: ReadonlySet<string>,
  { tokens, clock }: Pick<CommitParts, "tokens" | "clock">,
): Promise<string> {
  const id = token.kind === "write" ? token.id : client.token?.id;
  return id !== undefined && toMark.has(id) ? tokens.signMark(id, clock()) : "";
}

/**
 * Puts on a response what its client is to hold from now on; no cache may keep that. The response has no headers for caches besides
 * `Cache-Control`.
 */
export function give(
  headers: Headers,
  { carrier, credentials, token: held }: Client,
  token: TokenWrite,
  mark = "",
  cookies: readonly string[] = [],
): void {
  if (token.kind === "none" && mark === "" && cookies.length === 0) return;
  headers.set("Cache-Control", NO_CACHE);
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  if (token.kind === "clear") {
    carrier.clear(headers, held?.id);
    for (const cookie of token.cookies ?? []) headers.append("Set-Cookie", cookie);
  }
  const { expiresAt, isRemembered } = token.kind === "write" ? token : { expiresAt: 0, isRemembered: false };
  if (carrier.apart) {
    if (token.kind === "provisional") carrier.provisional?.write(headers, token.credentials.token, token.expiresAt);
    const news = token.kind === "write" ? { ...token.credentials, sessionId: token.id } : NO_CREDENTIALS;
    const { hasProvisional = false } = credentials;
    carrier.write(headers, { ...news, marks: mark === "" ? [] : [mark], hasProvisional }, expiresAt, isRemembered);
    return;
  }
  const left = heldAfter(credentials, token, mark);
  if (left.token !== "") carrier.write(headers, left, expiresAt, isRemembered);
}

/** The credentials that a client with all of them in one place holds after a response. A mark without a token is worth nothing. */
function heldAfter(credentials: Credentials, token: TokenWrite, mark: string): Credentials {
  if (token.kind === "clear" || (token.kind === "none" && credentials.token === "")) return NO_CREDENTIALS;
  const { token: text, proof } = token.kind === "write" ? token.credentials : credentials;
  return { token: text, proof, marks: mark === "" ? credentials.marks : [mark] };
}

/** The name of a cookie or a header that only Moor may set. */
export type OwnName = { readonly cookie: string } | { readonly header: string };

const NO_NAMES: readonly OwnName[] = [];

/** The names that only Moor may set, and that an origin's response tries to set, each once. */
export function ownNames(
  response: Response,
  { setsCookies }: Pick<HeaderNames, "setsCookies">,
  own: OwnNames,
): readonly OwnName[] {
  if (!setsCookies && own.headers.length === 0) return NO_NAMES;
  const { headers } = response;
  const cookies = setsCookies ? headers.getSetCookie().map(nameOfSetCookie).filter(own.isCookie) : [];
  return [
    ...Array.from(new Set(cookies), (cookie) => ({ cookie })),
    ...own.headers.filter((name) => headers.has(name)).map((header) => ({ header })),
  ];
}

/** A response without the cookies and headers of these names. A response that has none of them is passed on untouched. */
export function withoutOwn(response: Response, dropped: readonly OwnName[]): Response {
  if (dropped.length === 0) return response;
  const changed = new Response(response.body, response);
  dropOwn(changed.headers, dropped);
  return changed;
}

function dropOwn(headers: Headers, dropped: readonly OwnName[]): void {
  const cookies = new Set(dropped.flatMap((name) => ("cookie" in name ? [name.cookie] : [])));
  if (cookies.size > 0) {
    // Cookies that are written anew lose bytes that are no UTF-8, because the runtime reads values as text.
    const kept = headers.getSetCookie().filter((cookie) => !cookies.has(nameOfSetCookie(cookie)));
    headers.delete("Set-Cookie");
    for (const cookie of kept) headers.append("Set-Cookie", cookie);
  }
  for (const name of dropped) if ("header" in name) headers.delete(name.header);
}

/** A response that took longer may meet a token that the client has been given meanwhile. */
const FRESH_TOKEN_WITHIN_MS = 2_000;

/**
 * Whether a response may give a token to a client that brought none though nothing is stored: only to a page that is
 * navigated to, or to a client that is no browser, and soon. To anything else it could replace a token that was not sent
 * along.
 *
 * @param tookMs how long the request has been under way.
 */
export function mayGiveFreshToken({ method, headers }: AskedParts, tookMs: number): boolean {
  if ((method !== "GET" && method !== "HEAD") || tookMs > FRESH_TOKEN_WITHIN_MS) return false;
  return headers.get("Sec-Fetch-Mode") === "navigate" || !headers.has("Sec-Fetch-Site");
}

/**
 * Whether a response may give a provisional token to a browser without a token: to a page, or to a script that lets the browser send
 * and keep cookies. Of a script on another host the origin's answer tells that (Fetch Standard, "CORS protocol and credentials").
 * Parts of a page get no token, because no cache may keep the response then.
 */
export function mayGiveProvisional(
  { method, headers }: AskedParts,
  response: Headers,
  { provisional, sameSite }: Pick<Carrier, "provisional" | "sameSite">,
): boolean {
  const site = headers.get("Sec-Fetch-Site");
  // Browsers keep no cookie of the answer to a preflight.
  if (!provisional || site === null || method === "OPTIONS") return false;
  if (headers.get("Sec-Fetch-Mode") === "navigate") return true;
  if (headers.get("Sec-Fetch-Dest") !== "empty") return false;
  if (site === "same-origin") return true;
  // Browsers keep no cookie from another site's script unless it is for all sites.
  return (site === "same-site" || sameSite === "none") && response.get("Access-Control-Allow-Credentials") === "true";
}
