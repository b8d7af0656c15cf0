import type { Brought } from "./carriers/carriers.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a request changes nothing by its method (RFC 9110 section 9.2.1). */
export function isSafe({ method }: Pick<Request, "method">): boolean {
  return SAFE_METHODS.has(method);
}

/**
 * Whether a page of another site has had a browser send a request: by `Sec-Fetch-Site` (W3C Fetch Metadata), else by `Origin`.
 * Clients that are no browsers send neither. Sibling hosts are one site, from which `SameSite` keeps nothing back; `Origin` alone
 * cannot tell them from other sites.
 */
export function isCrossSite({ headers }: Pick<Request, "headers">, url: URL): boolean {
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "cross-site";
  const origin = headers.get("Origin");
  return origin !== null && origin !== url.origin;
}

/**
 * Whether a request brings no token, and a browser may hold one that it has kept back. What the response writes would replace
 * that one, though its visitor has asked for nothing.
 */
export function isTokenKeptBack(request: Request, url: URL, { token, carrier }: Brought<unknown>): boolean {
  if (token !== undefined || carrier.sameSite === "none") return false;
  return (carrier.sameSite === "strict" || !isSafe(request)) && isCrossSite(request, url);
}
