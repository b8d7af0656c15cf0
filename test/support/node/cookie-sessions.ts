import { randomBytes } from "node:crypto";
import type { CookieAuthorityConfig } from "../../../src/config/types.ts";

/** The same for all tests of a file. */
const RING = newClientRing();

/** The options of a site whose sessions are in the cookies of browsers. */
export function inCookies(revocation: CookieAuthorityConfig["revocation"] = "kv") {
  const authority: CookieAuthorityConfig = { type: "cookie", revocation };
  return { stores: { authority }, texts: { MOOR_CLIENT_KEYS: RING } };
}

/** A ring of one key. */
export function newClientRing(id: number = 1): string {
  return `${id}:${randomBytes(32).toString("base64url")}`;
}
