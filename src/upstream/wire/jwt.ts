import type { KeyRing, RingKey } from "../../inbound/token/key-ring.ts";
import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";
import { decodeJsonPart, encodeJsonPart } from "../../lib/json-part.ts";
import { sha256 } from "../../lib/sha256.ts";

/** A public key as a JWK (RFC 7517). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  /** The key's thumbprint (RFC 7638), so that no two keys ever share a `kid`. */
  readonly kid: string;
  readonly alg: "ES256";
  readonly use: "sig";
}

/** Compact JWTs (RFC 7515, 7519) signed by ES256, with the keys of a ring. */
export interface Jwts {
  /** A JWT of these claims, by the ring's first key. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * The claims of a JWT that a key of the ring has signed; else `undefined`. The caller must judge the claims,
   * including the lifetime.
   */
  open(jwt: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The ring's public keys as a JWK set. */
  keySet(): Promise<{ keys: PublicJwk[] }>;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;
const utf8 = new TextEncoder();

/** A key of the ring, ready for use. */
interface KeyPair {
  readonly published: PublicJwk;
  /** The header of each JWT that it signs, encoded. */
  readonly header: string;
  readonly signing: CryptoKey;
  readonly verifying: CryptoKey;
}

/** @param ring secrets are PKCS #8 (P-256); their ids stay in the ring. */
export function createJwts(ring: KeyRing): Jwts {
  // Only finished keys are kept: on Workers, a promise that one request made may never settle for another request.
  const pairs = new Map<RingKey, KeyPair>();

  async function pairOf(key: RingKey): Promise<KeyPair> {
    const known = pairs.get(key);
    if (known) return known;
    const pair = await importPair(key.secret);
    pairs.set(key, pair);
    return pair;
  }

  const allPairs = () => Promise.all(ring.map(pairOf));

  return {
    async sign(claims) {
      const { header, signing } = await pairOf(ring[0]);
      const signed = `${header}.${encodeJsonPart(claims)}`;
      const signature = await crypto.subtle.sign(ES256, signing, utf8.encode(signed));
      return `${signed}.${encodeBase64url(new Uint8Array(signature))}`;
    },

    async open(jwt) {
      const [, head = "", payload = "", signature = ""] = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(jwt) ?? [];
      const { alg, kid, crit } = decodeJsonPart(head) ?? {};
      const proof = decodeBase64url(signature) as Uint8Array<ArrayBuffer> | undefined;
      if (alg !== "ES256" || crit !== undefined || !proof) return undefined;
      const pair = (await allPairs()).find(({ published }) => published.kid === kid);
      if (!pair) return undefined;
      const isOurs = await crypto.subtle.verify(ES256, pair.verifying, proof, utf8.encode(`${head}.${payload}`));
      return isOurs ? decodeJsonPart(payload) : undefined;
    },

    async keySet() {
      return { keys: (await allPairs()).map(({ published }) => published) };
    },
  };
}

async function importPair(pkcs8: Uint8Array<ArrayBuffer>): Promise<KeyPair> {
  const signing = await crypto.subtle.importKey("pkcs8", pkcs8, CURVE, true, ["sign"]);
  const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", signing)) as PublicJwk;
  const kid = await thumbprint({ kty, crv, x, y });
  return {
    published: { kty, crv, x, y, kid, alg: "ES256", use: "sig" },
    header: encodeJsonPart({ alg: "ES256", kid, typ: "JWT" }),
    signing,
    verifying: await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"]),
  };
}

/** RFC 7638: SHA-256 of the members that make the key, in this order. */
function thumbprint({ kty, crv, x, y }: Pick<PublicJwk, "kty" | "crv" | "x" | "y">): Promise<string> {
  return sha256(JSON.stringify({ crv, kty, x, y }));
}
