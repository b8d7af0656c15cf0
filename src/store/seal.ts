import type { KeyRing } from "../inbound/token/key-ring.ts";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import { BoundedMap } from "../lib/bounded-map.ts";

/** The purpose of sealed data. Data sealed for one purpose cannot be opened for another. */
export type SealPurpose = "replica" | "backup" | "journal" | "row" | "grant" | "client" | "login";

/** The context of sealed data. The data is bound to it, and opens in no other context. */
export interface SealContext {
  readonly id: string;
  readonly version: number;
  readonly purpose: SealPurpose;
}

/** Authenticated encryption of data that leaves the authority. */
export interface Seal {
  close(context: SealContext, text: string): Promise<string>;
  /** The text; `undefined` if no key of the ring sealed it for this context. */
  open(context: SealContext, sealed: string): Promise<string | undefined>;
}

const utf8 = new TextEncoder();
const FORMAT = 1;
const IV_BYTES = 12;
const HEAD_BYTES = 2 + IV_BYTES;
/** Keys of the latest sessions that are kept. A derivation costs more than the encryption of a record. */
const MOST_KEYS = 512;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce and a key per session: HKDF-SHA256 (RFC 5869) of the ring's key and
 * the session's id. The first key of the ring seals, and all of its keys open.
 */
export function createSeal(ring: KeyRing): Seal {
  const derived = new BoundedMap<string, CryptoKey>(MOST_KEYS);

  async function sessionKey(keyId: number, id: string): Promise<CryptoKey | undefined> {
    const name = `${keyId} ${id}`;
    const known = derived.get(name);
    if (known) return known;
    const key = ring.find((candidate) => candidate.id === keyId);
    if (!key) return undefined;
    const base = await crypto.subtle.importKey("raw", key.secret, "HKDF", false, ["deriveKey"]);
    const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytesOf(`moor store ${id}`) };
    const usages: ("encrypt" | "decrypt")[] = ["encrypt", "decrypt"];
    const made = await crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, usages);
    // The key is kept, and not its promise: a promise of a request that was cancelled would never settle for other requests.
    derived.set(name, made);
    return made;
  }

  return {
    async close(context, text) {
      const signing = ring[0].id;
      const key = (await sessionKey(signing, context.id)) as CryptoKey;
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const sealed = await crypto.subtle.encrypt(cipher(iv, context), key, bytesOf(text));
      const bytes = new Uint8Array(HEAD_BYTES + sealed.byteLength);
      bytes.set([FORMAT, signing]);
      bytes.set(iv, 2);
      bytes.set(new Uint8Array(sealed), HEAD_BYTES);
      return encodeBase64url(bytes);
    },

    async open(context, sealed) {
      const bytes = decodeBase64url(sealed) as Uint8Array<ArrayBuffer> | undefined;
      if (!bytes || bytes.length <= HEAD_BYTES || bytes[0] !== FORMAT) return undefined;
      const key = await sessionKey(bytes[1] as number, context.id);
      if (!key) return undefined;
      try {
        const iv = bytes.slice(2, HEAD_BYTES);
        const opened = await crypto.subtle.decrypt(cipher(iv, context), key, bytes.slice(HEAD_BYTES));
        return new TextDecoder().decode(opened);
      } catch (error) {
        // The data was not sealed for this context, or is damaged. The platform tells no more than that.
        if (error instanceof DOMException) return undefined;
        throw error;
      }
    },
  };
}

/** The characters with which every text begins that a key has sealed: one of these four. */
export function sealedTextsBeginWith(keyId: number): string[] {
  return [0, 1, 2, 3].map((bits) => encodeBase64url(Uint8Array.of(FORMAT, keyId, bits << 6)).slice(0, 3));
}

function cipher(iv: Uint8Array<ArrayBuffer>, { id, version, purpose }: SealContext) {
  return { name: "AES-GCM", iv, additionalData: bytesOf(`${purpose} ${id} ${version}`) };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text) as Uint8Array<ArrayBuffer>;
}
