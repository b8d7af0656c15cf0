import { createHash, createHmac, randomBytes } from "node:crypto";
import type { TestKeys } from "./test-keys.ts";

/** The fields of a forged token. */
export interface Forgery {
  readonly format: number;
  readonly signingKey: number;
  readonly key: Buffer;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly bornAt: number;
  readonly expiresAt: number;
  /** Region of birth. */
  readonly home: number;
  readonly pin: number;
  /** The secret that signs it. */
  readonly secret: Buffer;
}

const EPOCH_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

/**
 * A token by the layout of the design, written without Moor's code. By default it is genuine, with a key that nobody
 * has used.
 */
export function forgeToken(keys: TestKeys, forgery: Partial<Forgery> = {}): string {
  const now = Date.now();
  const { format = 1, signingKey = 1, key = randomBytes(16), version = 0, secret = secretOf(keys.token) } = forgery;
  const { bornAt = now, expiresAt = bornAt + HOUR_MS, home = 0, pin = 0 } = forgery;
  const body = Buffer.alloc(47);
  body.writeUInt8(format, 0);
  body.writeUInt8(signingKey, 1);
  key.copy(body, 2);
  body.writeUInt32BE(version, 18);
  for (const [at, time] of [bornAt, bornAt, bornAt, expiresAt].entries()) {
    body.writeUInt32BE(Math.floor((time - EPOCH_MS) / 1000), 22 + 4 * at);
  }
  body.writeUInt8(home, 39);
  body.writeUInt32BE(pin, 43);
  return sealed(body, secret);
}

/** The proof that the holder of the session `id` has been given `generation`. */
export function forgeProof(keys: TestKeys, id: string, generation: number, secret = secretOf(keys.token)): string {
  const body = Buffer.alloc(26);
  body.writeUInt8(2, 0);
  body.writeUInt8(1, 1);
  Buffer.from(id, "base64url").copy(body, 2);
  body.writeUInt32BE(generation, 18);
  return sealed(body, secret);
}

/** A mark of the session `id`, of now. */
export function forgeMark(keys: TestKeys, id: string, secret = secretOf(keys.token)): string {
  const head = Buffer.alloc(8);
  head.writeUInt8(3, 0);
  head.writeUInt8(1, 1);
  head.writeUIntBE(Date.now(), 2, 6);
  const mac = sealed(Buffer.concat([head, Buffer.from(id, "base64url")]), secret);
  return id.slice(0, 2) + Buffer.concat([head, Buffer.from(mac, "base64url").subarray(24)]).toString("base64url");
}

/** The id of the session that a token's key names. */
export function idOf(token: string): string {
  const key = Buffer.from(token, "base64url").subarray(2, 18);
  return createHash("sha256").update(key).digest().subarray(0, 16).toString("base64url");
}

/** The region of birth and the pin that a token tells. */
export function placeIn(token: string): { home: number; pin: number } {
  const body = Buffer.from(token, "base64url");
  return { home: body.readUInt8(39), pin: body.readUInt32BE(43) };
}

function sealed(body: Buffer, secret: Buffer): string {
  const mac = createHmac("sha256", secret).update(body).digest().subarray(0, 16);
  return Buffer.concat([body, mac]).toString("base64url");
}

function secretOf(ring: string): Buffer {
  return Buffer.from(ring.slice(ring.indexOf(":") + 1), "base64url");
}
