import { decodeBase64url, encodeBase64url } from "../inbound/base64url.ts";
import type { KeyRing } from "../inbound/key-ring.ts";

/** A public key as a JWK (RFC 7517). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: "ES256";
  readonly use: "sig";
}

/** Compact JWTs (RFC 7515, 7519) signed by ES256, with the keys of a ring. */
export interface Jwts {
  /** A JWT of these claims, by the ring's first key. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** The claims of a JWT that a key of the ring has signed; else `undefined`. What they say, its lifetime too, is the caller's to judge. */
  open(jwt: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The ring's public keys as a JWK set. */
  keySet(): Promise<{ keys: PublicJwk[] }>;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;
const utf8 = new TextEncoder();

/** @param ring secrets are PKCS #8 (P-256). */
export function createJwts(ring: KeyRing): Jwts {
  const header = encodeObject({ alg: "ES256", kid: String(ring[0].id), typ: "JWT" });
  // Only finished keys are kept: a promise made by one request may never settle for another on Workers.
  let signingKey: CryptoKey | undefined;
  const verifyingKeys = new Map<string, CryptoKey>();

  async function verifyingKey(kid: unknown): Promise<CryptoKey | undefined> {
    const key = ring.find(({ id }) => String(id) === kid);
    if (!key) return undefined;
    const name = String(key.id);
    const known = verifyingKeys.get(name);
    if (known) return known;
    const { kty, crv, x, y } = await publicJwk(name, key.secret);
    const imported = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"]);
    verifyingKeys.set(name, imported);
    return imported;
  }

  return {
    async sign(claims) {
      signingKey ??= await importKey(ring[0].secret);
      const signed = `${header}.${encodeObject(claims)}`;
      const signature = await crypto.subtle.sign(ES256, signingKey, utf8.encode(signed));
      return `${signed}.${encodeBase64url(new Uint8Array(signature))}`;
    },

    async open(jwt) {
      const [, head = "", payload = "", signature = ""] = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(jwt) ?? [];
      const { alg, kid, crit } = decodeObject(head) ?? {};
      const key = alg === "ES256" && crit === undefined ? await verifyingKey(kid) : undefined;
      const proof = decodeBase64url(signature) as Uint8Array<ArrayBuffer> | undefined;
      if (!key || !proof) return undefined;
      const isOurs = await crypto.subtle.verify(ES256, key, proof, utf8.encode(`${head}.${payload}`));
      return isOurs ? decodeObject(payload) : undefined;
    },

    async keySet() {
      return { keys: await Promise.all(ring.map(({ id, secret }) => publicJwk(String(id), secret))) };
    },
  };
}

function importKey(pkcs8: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, CURVE, true, ["sign"]);
}

async function publicJwk(kid: string, pkcs8: Uint8Array<ArrayBuffer>): Promise<PublicJwk> {
  const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", await importKey(pkcs8))) as PublicJwk;
  return { kty, crv, x, y, kid, alg: "ES256", use: "sig" };
}

function encodeObject(value: Readonly<Record<string, unknown>>): string {
  return encodeBase64url(utf8.encode(JSON.stringify(value)));
}

function decodeObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64url(text);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
