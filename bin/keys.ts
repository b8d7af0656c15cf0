import { randomBytes, webcrypto } from "node:crypto";

/** The secrets that Moor signs with, under the names that the Worker reads them by; a key ring each. */
export interface Keys {
  MOOR_TOKEN_KEYS: string;
  MOOR_HANDOFF_KEYS: string;
}

/** Fresh keys: a ring of one for each purpose. */
export async function newKeys(): Promise<Keys> {
  return { MOOR_TOKEN_KEYS: newTokenKeys(), MOOR_HANDOFF_KEYS: await newHandoffKeys() };
}

/** A ring of one key for tokens, `1:BASE64URL` of 32 random bytes. */
export function newTokenKeys(): string {
  return ringOf(randomBytes(32));
}

/** A ring of one key for the handoff (ES256), `1:BASE64URL` of an EC P-256 private key as PKCS #8 DER. */
export async function newHandoffKeys(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  return ringOf(Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey)));
}

function ringOf(secret: Buffer): string {
  return `1:${secret.toString("base64url")}`;
}
