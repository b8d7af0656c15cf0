import { decodeBase64url, encodeBase64url } from "./base64url.ts";

/** The cookie of a response in which changes travel. Moor takes it off the response. */
export interface ChangeCookie {
  readonly name: typeof CHANGE_COOKIE;
  /** Letters, digits, `-`, `_` and one dot: no framework has to encode it. */
  readonly value: string;
}

/** The cookie's name. */
export const CHANGE_COOKIE = "moor-change";

/** Headers that ask for changes, in order. */
export type ChangeHeaders = readonly (readonly [name: string, value: string])[];

const HMAC = { name: "HMAC", hash: "SHA-256" };

/**
 * Packs headers that ask for changes into a cookie, for a framework that can set cookies and no headers.
 *
 * @param handoff the request's `Moor-Session`. Visitors do not know it, so it proves that the cookie is no visitor's.
 */
export async function packChanges(headers: ChangeHeaders, handoff: string): Promise<ChangeCookie> {
  const payload = encodeBase64url(utf8(JSON.stringify(headers)));
  const proof = await crypto.subtle.sign(HMAC, await keyOf(handoff), utf8(payload));
  return { name: CHANGE_COOKIE, value: `${payload}.${encodeBase64url(new Uint8Array(proof))}` };
}

/** The headers in a cookie's value; `undefined` if the cookie does not belong to the request of this handoff. */
export async function openChanges(value: string, handoff: string): Promise<ChangeHeaders | undefined> {
  const [payload = "", proof = "", ...rest] = value.split(".");
  if (rest.length > 0 || !/^[\w-]{43}$/.test(proof)) return undefined;
  const isOurs = await crypto.subtle.verify(HMAC, await keyOf(handoff), decodeBase64url(proof), utf8(payload));
  return isOurs ? JSON.parse(new TextDecoder().decode(decodeBase64url(payload))) : undefined;
}

function keyOf(handoff: string) {
  return crypto.subtle.importKey("raw", utf8(handoff), HMAC, false, ["sign", "verify"]);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}
