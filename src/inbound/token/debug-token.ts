import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";
import type { KeyRing } from "./key-ring.ts";

/** The header by which who operates a site asks to be told how a request is decided. */
export const DEBUG_HEADER = "Moor-Debug";
/** A token that is valid for longer is refused, even if its signature is right. */
export const MOST_DEBUG_SECONDS = 86_400;

/** Whether a text is a debug token that is genuine and has not expired. */
export type DebugCheck = (text: string, now: number) => Promise<boolean>;

const HMAC = { name: "HMAC", hash: "SHA-256" };
/** `EXPIRES.KEY.MAC`: seconds since 1970, the id of the key, HMAC-SHA256 as base64url. */
const FORMAT = /^([1-9][0-9]{9})\.([1-9][0-9]{0,2})\.([A-Za-z0-9_-]{43})$/;

/** A debug token by the key that signs, valid until `expiresAt`, whole seconds since 1970. */
export async function signDebugToken([{ id, secret }]: KeyRing, expiresAt: number): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret, HMAC, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, signedBy(expiresAt)));
  return `${expiresAt}.${id}.${encodeBase64url(mac)}`;
}

/** Checks debug tokens against all keys of a ring, in constant time. An expired token costs no crypto. */
export function createDebugCheck(ring: KeyRing): DebugCheck {
  return async (text, now) => {
    const [, expires, keyId, encoded = ""] = FORMAT.exec(text) ?? [];
    const expiresAt = Number(expires);
    const leftMs = expiresAt * 1000 - now;
    if (!(leftMs > 0 && leftMs <= MOST_DEBUG_SECONDS * 1000)) return false;
    const secret = ring.find(({ id }) => String(id) === keyId)?.secret;
    const mac = decodeBase64url(encoded) as Uint8Array<ArrayBuffer> | undefined;
    if (!secret || !mac) return false;
    const key = await crypto.subtle.importKey("raw", secret, HMAC, false, ["verify"]);
    return crypto.subtle.verify("HMAC", key, mac, signedBy(expiresAt));
  };
}

/** No token, proof or origin's tag begins like this, so a debug token cannot be taken for any of these. */
function signedBy(expiresAt: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(`debug\0${expiresAt}`));
}
