import type { TokenWrite } from "./commit.ts";
import type { Carrier } from "./inbound/carrier.ts";
import { isOwnCookie } from "./inbound/cookies.ts";

/** What changes of an origin's response before the client gets it. */
export interface ResponseChanges {
  /** Names of Moor's own headers in it. */
  readonly moorHeaders: readonly string[];
  readonly token: TokenWrite;
  /** Sets the mark, if the journal may hold something of the visitor. */
  readonly mark: ((headers: Headers) => void) | undefined;
  readonly carrier: Carrier;
  /** Whether the route has sessions: then no shared cache may keep the response. */
  readonly session: boolean;
  /** How the request was decided, for `Server-Timing`. */
  readonly explain: string | undefined;
}

/** Caches on the way prefer these to `Cache-Control` (RFC 9213). */
const TARGETED_CACHE_CONTROL = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"];

/** The origin's response as the client gets it. One that needs no change is passed on untouched. */
export function respond(response: Response, changes: ResponseChanges): Response {
  const { moorHeaders, token, mark, carrier, session, explain } = changes;
  const droppedCookies = ownSetCookies(response.headers).length > 0;
  const lacksCacheControl = session && !response.headers.has("Cache-Control");
  const untouched =
    moorHeaders.length === 0 &&
    token.kind === "none" &&
    !mark &&
    !droppedCookies &&
    !lacksCacheControl &&
    explain === undefined;
  if (untouched) return response;

  const changed = new Response(response.body, response);
  const { headers } = changed;
  for (const name of moorHeaders) headers.delete(name);
  if (droppedCookies) dropOwnSetCookies(headers);
  if (lacksCacheControl) headers.set("Cache-Control", "private");
  if (token.kind !== "none" || mark) {
    headers.set("Cache-Control", "private, no-store");
    for (const name of TARGETED_CACHE_CONTROL) headers.delete(name);
  }
  if (token.kind === "write") carrier.write(headers, token.text, token.expiresAt);
  if (token.kind === "clear") carrier.clear(headers);
  mark?.(headers);
  if (explain !== undefined) headers.append("Server-Timing", `moor;desc="${explain}"`);
  return changed;
}

/** The cookies of Moor's names that an origin tries to set. */
export function ownSetCookies(headers: Headers): string[] {
  if (!headers.has("Set-Cookie")) return [];
  return headers.getSetCookie().filter((cookie) => isOwnCookie(nameOf(cookie)));
}

function dropOwnSetCookies(headers: Headers): void {
  const kept = headers.getSetCookie().filter((cookie) => !isOwnCookie(nameOf(cookie)));
  headers.delete("Set-Cookie");
  for (const cookie of kept) headers.append("Set-Cookie", cookie);
}

function nameOf(setCookie: string): string {
  return setCookie.slice(0, setCookie.search(/[=;]|$/)).trim();
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
export function mayGiveFreshToken({ method, headers }: Request, tookMs: number): boolean {
  if ((method !== "GET" && method !== "HEAD") || tookMs > FRESH_TOKEN_WITHIN_MS) return false;
  return headers.get("Sec-Fetch-Mode") === "navigate" || !headers.has("Sec-Fetch-Site");
}
