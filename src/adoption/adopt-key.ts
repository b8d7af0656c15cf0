import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";

const utf8 = new TextEncoder();
const SEPARATOR = "\0";
const IV_BYTES = 12;

/** Derives the keys of adopted sessions, and seals the ids of old sessions. */
export interface AdoptKey {
  /**
   * The key of the session that is adopted from an old session: the same key for each request that brings its cookie.
   *
   * @param id the id at its application, of at least 96 random bits.
   * @param boundTo the host to which sessions are bound. Default: sessions are not bound.
   */
  derive(from: string, id: string, boundTo?: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Seals the id of an old session, for the record of the session that was adopted from it.
   *
   * @param sessionId the id of that session. The seal opens for no other session.
   */
  seal(from: string, id: string, sessionId: string): Promise<string>;
  /** The id; `undefined` if this key has not sealed it for this application and this session. */
  open(from: string, sealed: string, sessionId: string): Promise<string | undefined>;
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

  const hmac = async (text: string) => {
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
  };
  /** A key of its own for each session: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. */
  const sealingKey = async (sessionId: string) =>
    crypto.subtle.importKey("raw", await hmac(["moor adopt seal 1", sessionId].join(SEPARATOR)), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
  const cipher = (iv: Uint8Array<ArrayBuffer>, from: string) => ({
    name: "AES-GCM",
    iv,
    additionalData: utf8.encode(from),
  });

  return {
    async derive(from, id, boundTo = "") {
      // No part may hold the separator: names are of the configuration's grammar, hosts of a URL, ids visible ASCII.
      return (await hmac(["moor adopt 1", from, boundTo, id].join(SEPARATOR))).slice(0, 16);
    },

    async seal(from, id, sessionId) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const sealed = await crypto.subtle.encrypt(cipher(iv, from), await sealingKey(sessionId), utf8.encode(id));
      return encodeBase64url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
    },

    async open(from, sealed, sessionId) {
      const bytes = decodeBase64url(sealed) as Uint8Array<ArrayBuffer> | undefined;
      if (!bytes || bytes.length <= IV_BYTES) return undefined;
      try {
        const iv = bytes.slice(0, IV_BYTES);
        const opened = await crypto.subtle.decrypt(
          cipher(iv, from),
          await sealingKey(sessionId),
          bytes.slice(IV_BYTES),
        );
        return new TextDecoder().decode(opened);
      } catch (error) {
        // The platform does not tell why a seal stays closed.
        if (error instanceof DOMException) return undefined;
        throw error;
      }
    },
  };
}
