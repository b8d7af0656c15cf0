import { MoorOriginError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { KeySet } from "./key-set.ts";
import type { SessionView } from "./session.ts";

/** Above any handoff that Moor makes: 16 KiB of attributes are 22 KB in base64url. */
const HANDOFF_CHARACTERS = 32_768;

/** A verified handoff. Without attributes they were too large for it, and the session API has them. */
export type Handoff = Omit<SessionView, "attributes"> & { readonly attributes: JsonObject | undefined };

/**
 * Verifies the compact JWT of a `Moor-Session` header (RFC 7515, 7519): ES256 and nothing else, a published key,
 * this issuer, this audience, now.
 *
 * @throws MoorOriginError `handoff-…`, `keys-unavailable`.
 */
export async function verifyHandoff(
  jwt: string,
  expected: { keys: KeySet; issuer: string; audience: string; nowSeconds: number; clockToleranceSeconds: number },
): Promise<Handoff> {
  if (jwt.length > HANDOFF_CHARACTERS) malformed(`it has ${jwt.length} characters, of at most ${HANDOFF_CHARACTERS}`);
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(jwt);
  const [, header = "", payload = "", signature = ""] = parts ?? malformed("it is no compact JWT signed with ES256");

  const { alg, typ, kid, crit } = parseObject(header);
  if (alg !== "ES256") untrusted("its algorithm is not ES256");
  if (typ !== "JWT" || typeof kid !== "string" || crit !== undefined) malformed("its header is not one of Moor's");
  const key = (await expected.keys(kid)) ?? untrusted("Moor publishes no key of its kid");
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  if (!(await crypto.subtle.verify(algorithm, key, decode(signature), signed))) untrusted("its signature is wrong");

  const claims = parseObject(payload);
  if (claims.iss !== expected.issuer) misdirected("issuer", claims.iss, expected.issuer);
  if (claims.aud !== expected.audience) misdirected("audience", claims.aud, expected.audience);
  const { iat, exp } = claims;
  if (!isCount(iat) || !isCount(exp)) malformed("it says no lifetime");
  const { nowSeconds, clockToleranceSeconds } = expected;
  if (nowSeconds >= exp + clockToleranceSeconds) expired(`it expired at ${exp}; it is ${nowSeconds}`);
  if (nowSeconds < iat - clockToleranceSeconds) expired(`it was issued at ${iat}; it is ${nowSeconds}`);
  return readClaims(claims);
}

function readClaims({ sid, gen, ver, sub, new: isNew = false, stale = false, data, flash = {} }: JsonObject): Handoff {
  if (sid !== undefined && typeof sid !== "string") malformed("its sid is not a string");
  if (sub !== undefined && typeof sub !== "string") malformed("its sub is not a string");
  if (!isCount(gen) || !isCount(ver)) malformed("its gen or ver is not a number");
  if (typeof isNew !== "boolean" || typeof stale !== "boolean") malformed("its new or stale is not true or false");
  if (data !== undefined && !isJsonObject(data)) malformed("its data is not an object");
  if (!isJsonObject(flash)) malformed("its flash is not an object");
  const attributes = sid === undefined ? {} : data;
  return { id: sid, version: ver, generation: gen, principal: sub, isNew, stale, flash, attributes };
}

function parseObject(part: string): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decode(part)));
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw new MoorOriginError("handoff-malformed", "the handoff is refused: a part of it is not JSON", { cause });
  }
  return malformed("a part of it is no object");
}

/** Decodes base64url. @throws DOMException if it is none. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(why: string): never {
  throw new MoorOriginError("handoff-malformed", `the handoff is refused: ${why}`);
}

function untrusted(why: string): never {
  throw new MoorOriginError("handoff-untrusted", `the handoff is refused: ${why}`);
}

function expired(why: string): never {
  throw new MoorOriginError("handoff-expired", `the handoff is refused: ${why}`);
}

function misdirected(claim: string, found: unknown, accepted: string): never {
  const message = `the handoff is refused: its ${claim} is ${JSON.stringify(found)}, not ${JSON.stringify(accepted)}`;
  throw new MoorOriginError("handoff-misdirected", message);
}
