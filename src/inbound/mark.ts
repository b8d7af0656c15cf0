import { stringifySetCookie } from "cookie";
import { cookieNames, splitCookies } from "./cookies.ts";

/**
 * When the journal may have taken something of this client, milliseconds since 1970, if ever. It is not signed: a forged
 * mark costs its sender a look at the journal of his own session. What lies in the future, or is no time, is read as `now`:
 * that is the safe side.
 */
export function readMark(request: Request, secure: boolean, now: number): number | undefined {
  const header = request.headers.get("Cookie");
  const { mark: name } = cookieNames(secure);
  const value = header?.includes(name) ? splitCookies(header).own.get(name) : undefined;
  if (value === undefined) return undefined;
  return /^[0-9]{1,15}$/.test(value) ? Math.min(Number(value), now) : now;
}

/**
 * Sets the mark.
 *
 * @param mark.at when the response is made, milliseconds since 1970.
 * @param mark.lifeSeconds how long the journal may hold what it was given.
 */
export function writeMark(headers: Headers, secure: boolean, mark: { at: number; lifeSeconds: number }): void {
  const cookie = { name: cookieNames(secure).mark, value: String(mark.at), maxAge: mark.lifeSeconds };
  headers.append("Set-Cookie", stringifySetCookie({ ...cookie, path: "/", httpOnly: true, secure, sameSite: "lax" }));
}
