import type { AskedParts } from "../lib/asked.ts";

/**
 * How many logins a browser has finished within a minute, as its own cookie says. It is a hint against redirects without end, and no right
 * depends on it.
 */
export function countedLogins({ headers }: Pick<AskedParts, "headers">): number {
  const cookies = headers.get("Cookie") ?? "";
  return Number(/(?:^|;\s*)(?:__Host-)?moor-logins=(\d{1,2})(?:;|$)/.exec(cookies)?.[1] ?? 0);
}

/** Tells the browser how many logins it has finished. */
export function tellLogin({ headers }: Response, { protocol }: URL, count: number): void {
  const [prefix, secure] = protocol === "https:" ? ["__Host-", "; Secure"] : ["", ""];
  headers.append("Set-Cookie", `${prefix}moor-logins=${count}; Max-Age=60; Path=/${secure}; HttpOnly; SameSite=Lax`);
}
