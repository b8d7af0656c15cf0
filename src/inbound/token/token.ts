import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";

/** The contents of a client's token. Times are milliseconds since 1970; the wire keeps whole seconds. */
export interface Token {
  /** 128 random bits, found nowhere but here. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** Version of the record that the client has seen; 0: the session exists nowhere. */
  readonly version: number;
  readonly bornAt: number;
  /** When it was signed; rounded up, so that what was vouched for before it never looks younger. */
  readonly issuedAt: number;
  /** The newest touch that the client has seen. */
  readonly touchedAt: number;
  /** The nearer of the session's two deadlines, rounded up so that nothing ends early. */
  readonly expiresAt: number;
  /** Whether a replica exists. */
  readonly replicated: boolean;
  /** Region of birth, 1 to 255; 0: unknown. */
  readonly home: number;
  /** Hash of the pool and origin that the session is pinned to; 0: the session is not pinned. */
  readonly pin: number;
}

/** Bytes of a token before its MAC. */
export const TOKEN_BODY_BYTES = 47;
/** Characters of a signed token: 63 bytes as base64url, no spare bits. */
export const TOKEN_LENGTH = 84;

const FORMAT = 1;
const EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1000;
const REPLICATED = 1;

const AT = { format: 0, signingKey: 1, key: 2, version: 18, bornAt: 22, issuedAt: 26, touchedAt: 30, expiresAt: 34 };
const AT_END = { flags: 38, home: 39, reserved: 40, pin: 43 };

/** Lays a token out, without its MAC. */
export function encodeTokenBody(token: Token, signingKey: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(TOKEN_BODY_BYTES);
  const view = new DataView(body.buffer);
  body[AT.format] = FORMAT;
  body[AT.signingKey] = signingKey;
  body.set(token.key, AT.key);
  view.setUint32(AT.version, token.version);
  view.setUint32(AT.bornAt, Math.floor(token.bornAt / 1000) - EPOCH_SECONDS);
  view.setUint32(AT.issuedAt, Math.ceil(token.issuedAt / 1000) - EPOCH_SECONDS);
  view.setUint32(AT.touchedAt, Math.floor(token.touchedAt / 1000) - EPOCH_SECONDS);
  view.setUint32(AT.expiresAt, Math.ceil(token.expiresAt / 1000) - EPOCH_SECONDS);
  body[AT_END.flags] = token.replicated ? REPLICATED : 0;
  body[AT_END.home] = token.home;
  view.setUint32(AT_END.pin, token.pin);
  return body;
}

/** Reads a signed token's parts, or `undefined` if the text is not a token. The MAC is not checked here. */
export function decodeToken(
  text: string,
): { token: Token; signingKey: number; body: Uint8Array<ArrayBuffer>; mac: Uint8Array } | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const bytes = decodeBase64url(text) as Uint8Array<ArrayBuffer> | undefined;
  if (!bytes || bytes[AT.format] !== FORMAT) return undefined;
  const view = new DataView(bytes.buffer);
  const time = (at: number) => (view.getUint32(at) + EPOCH_SECONDS) * 1000;
  return {
    token: {
      key: bytes.slice(AT.key, AT.version),
      version: view.getUint32(AT.version),
      bornAt: time(AT.bornAt),
      issuedAt: time(AT.issuedAt),
      touchedAt: time(AT.touchedAt),
      expiresAt: time(AT.expiresAt),
      replicated: ((bytes[AT_END.flags] as number) & REPLICATED) !== 0,
      home: bytes[AT_END.home] as number,
      pin: view.getUint32(AT_END.pin),
    },
    signingKey: bytes[AT.signingKey] as number,
    body: bytes.slice(0, TOKEN_BODY_BYTES),
    mac: bytes.subarray(TOKEN_BODY_BYTES),
  };
}

/** Joins a body and its MAC to the token's text. */
export function joinToken(body: Uint8Array, mac: Uint8Array): string {
  const bytes = new Uint8Array(body.length + mac.length);
  bytes.set(body);
  bytes.set(mac, body.length);
  return encodeBase64url(bytes);
}

/** The session's id: SHA-256 of the key, its first 128 bits, as 22 base64url characters. */
export async function sessionId(key: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", key), 0, 16));
}
