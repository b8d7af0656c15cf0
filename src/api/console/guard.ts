import { CONSOLE_PATH as CONSOLE } from "../../login/destination.ts";

export { CONSOLE };

/**
 * Headers of every answer of the console. Its pages run no script and load no style that is not the console's own.
 *
 * @param provider the origin to which the form of a logout may lead on. Default: forms lead nowhere else.
 */
export function safeHeaders(provider?: string): Readonly<Record<string, string>> {
  const forms = provider === undefined ? "" : ` ${provider}`;
  return {
    "Content-Security-Policy": `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'${forms}; base-uri 'none'; frame-ancestors 'none'`,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  };
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * Whether a request is for the console. A page of another host that points its name at this machine sends that other name, so it is
 * refused (DNS rebinding).
 *
 * @param host the host of the console; `undefined`: loopback.
 */
export function isConsoles(url: URL, host: string | undefined): boolean {
  return host === undefined ? LOOPBACK.test(url.hostname) : url.hostname === host;
}

/**
 * Whether a request that acts comes from a page of the console. Browsers say so by `Sec-Fetch-Site`, and older browsers by `Origin`. A
 * request with neither header is refused.
 */
export function isFromOwnPage({ headers }: Request, url: URL): boolean {
  const site = headers.get("Sec-Fetch-Site");
  return site === null ? headers.get("Origin") === url.origin : site === "same-origin";
}

/** The name of the console's cookie. On loopback every port shares its cookies, so the port is part of the name. */
export function cookieName({ protocol, port }: URL): string {
  return protocol === "https:" ? "__Host-moor-console" : `moor-console-${port || "80"}`;
}

/**
 * A `Set-Cookie` for the console's cookie. It is a session cookie, and no other site's request carries it. Origins never see it: the
 * console's host has no route, and on loopback the cookie is for the console's paths alone.
 */
export function cookieFor(url: URL, value: string): string {
  const scope = url.protocol === "https:" ? "Path=/; Secure" : `Path=${CONSOLE}`;
  const ends = value === "" ? "; Max-Age=0" : "";
  return `${cookieName(url)}=${value}; ${scope}; HttpOnly; SameSite=Strict${ends}`;
}

/** The value of the console's cookie; `undefined`: the request has none. */
export function cookieOf({ headers }: Request, url: URL): string | undefined {
  const name = `${cookieName(url)}=`;
  const pairs = (headers.get("Cookie") ?? "").split(/; */);
  return pairs.find((pair) => pair.startsWith(name))?.slice(name.length);
}
