import type { AskedParts } from "../lib/asked.ts";
import { cookieValue } from "../lib/cookie-value.ts";

/**
 * How many logins a browser has finished within a minute, as its own cookie says. It is a hint against redirects without end, and no right
 * depends on it.
 */
export function countedLogins({ headers }: Pick<AskedParts, "headers">, url: URL): number {
  return Number(cookieValue(headers.get("Cookie"), nameAt(url))) || 0;
}

/** Tells the browser how many logins it has finished. */
export function tellLogin({ headers }: Response, url: URL, count: number): void {
  const secure = isSecure(url) ? "; Secure" : "";
  headers.append("Set-Cookie", `${nameAt(url)}=${count}; Max-Age=60; Path=/${secure}; HttpOnly; SameSite=Lax`);
}

/** No other host can set a cookie with the prefix. Browsers take it over https alone. */
function nameAt(url: URL): string {
  return `${isSecure(url) ? "__Host-" : ""}moor-logins`;
}

function isSecure({ protocol }: URL): boolean {
  return protocol === "https:";
}
