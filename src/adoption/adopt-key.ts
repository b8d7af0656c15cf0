import { decodeBase64url } from "../lib/base64url.ts";

const utf8 = new TextEncoder();
const SEPARATOR = "\0";

/** Derives the keys of adopted sessions. */
export interface AdoptKey {
  /**
   * The key of the session that is adopted from an old session: the same key for each request that brings its cookie.
   *
   * @param id the id at its application, of at least 96 random bits.
   * @param boundTo the host to which sessions are bound. Default: sessions are not bound.
   */
  derive(from: string, id: string, boundTo?: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads `MOOR_ADOPT_KEY`. There is one key and no ring: another key would give every session another id, and so avoid every tombstone.
 *
 * @throws TypeError that says which form is accepted; the text itself never appears in a message.
 */
export function readAdoptKey(text: string | undefined): AdoptKey {
  if (!text)
    throw new TypeError(
      'MOOR_ADOPT_KEY is not set, and adopt needs it. "npm run moor -- keys adopt" prints a value for it.',
    );
  const secret = decodeBase64url(text.trim()) as Uint8Array<ArrayBuffer> | undefined;
  if (!secret || secret.length < 32 || secret.length > 512)
    throw new TypeError("MOOR_ADOPT_KEY: expected 32 to 512 bytes as base64url.");

  return {
    async derive(from, id, boundTo = "") {
      const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      // No part may hold the separator: names are of the configuration's grammar, hosts of a URL, ids visible ASCII.
      const text = ["moor adopt 1", from, boundTo, id].join(SEPARATOR);
      return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text))).slice(0, 16);
    },
  };
}
