import { hkdfSync, randomBytes, webcrypto } from "node:crypto";
import { parseKeyRing } from "../src/inbound/token/key-ring.ts";

const SECRET_BYTES = 32;

/** The secrets that a Worker needs, under the names by which it reads them. Each secret is a key ring. */
export interface Keys {
  /** Signs tokens. */
  MOOR_TOKEN_KEYS: string;
  /** Signs the handoff. */
  MOOR_HANDOFF_KEYS: string;
  /** Encrypts the copies of sessions that are kept outside their Durable Objects. */
  MOOR_STORE_KEYS: string;
  /** Encrypts sessions in the cookies of browsers. Absent: no session is there. */
  MOOR_CLIENT_KEYS?: string;
}

/** Fresh keys: a ring of one key for each purpose. */
export async function newKeys(): Promise<Keys> {
  return {
    MOOR_TOKEN_KEYS: newRing(),
    MOOR_HANDOFF_KEYS: ringOf(await newHandoffSecret()),
    MOOR_STORE_KEYS: newRing(),
  };
}

/** A fresh ring of one key, for the purposes that need no key pair. */
export function newRing(): string {
  return ringOf(randomBytes(SECRET_BYTES));
}

/**
 * Store keys for an operator who has token keys but no store keys. They are derived from the first of the token keys
 * (HKDF-SHA256), so they are always the same for the same token keys.
 *
 * @param tokenKeys a valid ring.
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
