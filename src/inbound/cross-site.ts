import type { AskedParts } from "../lib/asked.ts";
import type { Client } from "./carriers.ts";

/** Requests with these methods change nothing (RFC 9110 section 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a page of another site has had a browser send a request. `Sec-Fetch-Site` (W3C Fetch Metadata) tells, else
 * `Origin`. Clients that are not browsers send neither. Sibling hosts are one site, and `SameSite` keeps nothing back
 * from them. `Origin` alone cannot tell sibling hosts from other sites.
 */
export function isCrossSite({ headers }: Pick<AskedParts, "headers">, url: URL): boolean {
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "cross-site";
  const origin = headers.get("Origin");
  return origin !== null && origin !== url.origin;
}

/**
 * Whether a request brings no token although a browser may hold a token that it has kept back. A token in the response
 * would replace the browser's token, although the visitor has asked for nothing. A provisional token does not tell that there is
 * no other token.
 */
export function isTokenKeptBack(
  request: AskedParts,
  url: URL,
  { token, isProvisional, carrier }: Pick<Client, "token" | "isProvisional" | "carrier">,
): boolean {
  if ((token !== undefined && !isProvisional) || carrier.sameSite === "none") return false;
  return (carrier.sameSite === "strict" || !SAFE_METHODS.has(request.method)) && isCrossSite(request, url);
}
