import { parseCookie, stringifySetCookie } from "cookie";
import type { Explain } from "../explain.ts";
import { BERLIN, findLocation, type Location } from "./locations.ts";
import { CHOICE } from "./stores.ts";

const LOCATION = "demo-location";
const WRITTEN = "demo-written";

/** Where a visitor is: in Berlin, until he travels. */
export function locationOf(request: Request): Location {
  return findLocation(cookiesOf(request)[LOCATION]) ?? BERLIN;
}

/** For `Set-Cookie`: the visitor has travelled. */
export function locationCookie({ id }: Location): string {
  return setCookie(LOCATION, id);
}

/** For `Set-Cookie`: the visitor has chosen another store for their sessions. */
export function storeCookie(store: string): string {
  return setCookie(CHOICE, store);
}

/** The store that took the visitor's last change: `object` or `journal`. */
export function writtenOf(request: Request): string | undefined {
  return cookiesOf(request)[WRITTEN];
}

/** The response, with a cookie that tells the next page which store took the change. */
export function rememberChange(response: Response, { written }: Explain): Response {
  if (response.status !== 303 || written === undefined) return response;
  const told = new Response(response.body, response);
  told.headers.append("Set-Cookie", setCookie(WRITTEN, written));
  return told;
}

function cookiesOf(request: Request) {
  return parseCookie(request.headers.get("Cookie") ?? "");
}

function setCookie(name: string, value: string): string {
  return stringifySetCookie({ name, value, path: "/", httpOnly: true, sameSite: "lax" });
}
