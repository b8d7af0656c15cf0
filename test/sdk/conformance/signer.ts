import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key that signs handoffs, under the id that its public half is published by. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Parts of a JWT, as a test changes them. */
export interface JwtParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A new key of P-256. Its `kid` is its thumbprint (RFC 7638), unless the caller gives another `kid`. */
export function newSigningKey(kid?: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return { kid: kid ?? thumbprint, privateKey, publicKey };
}

/** Signs with ES256, whatever the header says. */
export function signJwt({ header, claims }: JwtParts, { privateKey: key }: SigningKey): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** A JWT with a MAC whose secret is the public key, which anybody can read. */
export function macJwt({ header, claims }: JwtParts, { publicKey }: SigningKey): string {
  const text = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
  const secret = publicKey.export({ type: "spki", format: "pem" });
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** A part of a JWT: JSON in base64url. */
export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
