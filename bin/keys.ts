import { hkdfSync, randomBytes, webcrypto } from "node:crypto";
import { parseKeyRing } from "../src/inbound/token/key-ring.ts";

const SECRET_BYTES = 32;

/** The secrets that a Worker cannot do without, under the names that it reads them by; a key ring each. */
export interface Keys {
  /** Sign tokens. */
  MOOR_TOKEN_KEYS: string;
  /** Sign the handoff. */
  MOOR_HANDOFF_KEYS: string;
  /** Encrypt the copies of sessions that are kept outside their Durable Objects. */
  MOOR_STORE_KEYS: string;
}

/** Fresh keys: a ring of one for each purpose. */
export async function newKeys(): Promise<Keys> {
  return {
    MOOR_TOKEN_KEYS: ringOf(randomBytes(SECRET_BYTES)),
    MOOR_HANDOFF_KEYS: ringOf(await newHandoffSecret()),
    MOOR_STORE_KEYS: ringOf(randomBytes(SECRET_BYTES)),
  };
}

/**
 * Store keys for who has token keys and none for stores: always the same for the same token keys, whose first key they are
 * derived from (HKDF-SHA256).
 *
 * @param tokenKeys a ring that is valid.
 */
export function storeKeysFor(tokenKeys: string): string {
  const [{ secret }] = parseKeyRing(tokenKeys, "MOOR_TOKEN_KEYS");
  return ringOf(Buffer.from(hkdfSync("sha256", secret, "", "MOOR_STORE_KEYS", SECRET_BYTES)));
}

/** A key for the handoff (ES256): an EC P-256 private key as PKCS #8 DER. */
export async function newHandoffSecret(): Promise<Buffer> {
  const { privateKey } = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  return Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
}

/** `1:BASE64URL` */
function ringOf(secret: Buffer): string {
  return `1:${secret.toString("base64url")}`;
}
