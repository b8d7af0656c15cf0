import { decodeBase64url } from "./base64url.ts";
import { MoorOriginError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { KeySet, VerifyingKey } from "./key-set.ts";
import { readLogin } from "./login-view.ts";
import type { SessionView } from "./session-view.ts";
import type { SessionTimes } from "./times.ts";

/** Above any handoff that Moor makes: 16 KiB of attributes are 22 KB in base64url. */
const HANDOFF_CHARACTERS = 32_768;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A verified handoff. Without attributes they were too large for it, and the session API has them. */
export type Handoff = Omit<SessionView, "attributes"> & { readonly attributes: JsonObject | undefined };

/** The values that a handoff must fit. */
export interface HandoffOptions {
  readonly keys: KeySet;
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
}

/** A handoff with a right signature, by one of Moor's keys. */
interface Signed {
  readonly kid: string;
  readonly key: VerifyingKey;
  /** As JSON, because callers may change the claims that they get. */
  readonly claims: string;
}

/** Moor signs a handoff once for each version of a session and sends it along for half a minute. */
const REMEMBERED = 512;
/** Longer ones are not remembered: all together are a few megabytes at most. */
const LONGEST_REMEMBERED = 4_096;

/**
 * Verifies the compact JWTs of `Moor-Session` headers (RFC 7515, 7519). They must have ES256, a published key, this
 * issuer, this audience, and be valid now. A right signature is not checked again while its key is published; the last
 * 512 are remembered.
 *
 * @returns the handoff; throws MoorOriginError `handoff-…`, `keys-unavailable`.
 */
export function createHandoffs(options: HandoffOptions): (jwt: string, nowSeconds: number) => Promise<Handoff> {
  const { keys, issuer, audience, clockToleranceSeconds } = options;
  const remembered = new Map<string, Signed>();

  function remember(jwt: string, signed: Signed): void {
    if (jwt.length > LONGEST_REMEMBERED) return;
    remembered.set(jwt, signed);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  async function verified(jwt: string): Promise<string> {
    const known = remembered.get(jwt);
    if (known && (await keys(known.kid)) === known.key) return known.claims;
    const signed = await verify(jwt, keys);
    remember(jwt, signed);
    return signed.claims;
  }

  return async (jwt, nowSeconds) => {
    const claims = parseObject(await verified(jwt));
    if (typeof claims.iss !== "string" || withoutSlash(claims.iss) !== issuer)
      misdirected("issuer", claims.iss, issuer);
    if (claims.aud !== audience) misdirected("audience", claims.aud, audience);
    const { iat, exp } = claims;
    if (!isCount(iat) || !isCount(exp)) malformed("it says no lifetime");
    if (nowSeconds >= exp + clockToleranceSeconds) expired(`it expired at ${exp}; it is ${nowSeconds}`);
    if (nowSeconds < iat - clockToleranceSeconds) expired(`it was issued at ${iat}; it is ${nowSeconds}`);
    return readClaims(claims);
  };
}

/** A URL without the slashes at its end, which people write and leave out as they like. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

async function verify(jwt: string, keys: KeySet): Promise<Signed> {
  if (jwt.length > HANDOFF_CHARACTERS) malformed(`it has ${jwt.length} characters, of at most ${HANDOFF_CHARACTERS}`);
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(jwt);
  const [, header = "", payload = "", signature = ""] = parts ?? malformed("it is no compact JWT signed with ES256");

  const { alg, typ, kid, crit } = parseObject(textOf(header));
  if (alg !== "ES256") untrusted("its algorithm is not ES256");
  if (typ !== "JWT" || typeof kid !== "string" || crit !== undefined) malformed("its header is not one of Moor's");
  const signed = jwt.slice(0, jwt.lastIndexOf("."));
  const isSignedBy = (key: VerifyingKey) => isRight(key, signed, signature);
  const known = (await keys(kid)) ?? untrusted("Moor publishes no key of its kid");
  if (await isSignedBy(known)) return { kid, key: known, claims: textOf(payload) };
  // Only the name ties a kid to its key: by now Moor may publish another key under it.
  const other = await keys(kid, known);
  if (other === undefined || !(await isSignedBy(other))) untrusted("its signature is wrong");
  return { kid, key: other, claims: textOf(payload) };
}

function isRight(key: VerifyingKey, signed: string, signature: string): Promise<boolean> {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return crypto.subtle.verify(algorithm, key, decodeBase64url(signature), new TextEncoder().encode(signed));
}

function readClaims(claims: JsonObject): Handoff {
  const { sid, gen, ver, sub, new: isNew = false, stale = false, data, flash = {}, host, scheme } = claims;
  if (sid !== undefined && typeof sid !== "string") malformed("its sid is not a string");
  if (sub !== undefined && typeof sub !== "string") malformed("its sub is not a string");
  if (!isCount(gen) || !isCount(ver)) malformed("its gen or ver is not a number");
  if (typeof isNew !== "boolean" || typeof stale !== "boolean") malformed("its new or stale is not true or false");
  if (data !== undefined && !isJsonObject(data)) malformed("its data is not an object");
  if (!isJsonObject(flash)) malformed("its flash is not an object");
  if (!isTextOrAbsent(host) || !isTextOrAbsent(scheme)) malformed("its host or scheme is not a string");
  const attributes = sid === undefined ? {} : data;
  return {
    id: sid,
    version: ver,
    generation: gen,
    principal: sub,
    isNew,
    stale,
    flash,
    attributes,
    host,
    scheme,
    times: readTimes(claims),
    providerLogin:
      claims.login === undefined ? undefined : (readLogin(claims.login) ?? malformed("its login is not one of Moor's")),
  };
}

/** The times of a stored session. Seconds on the wire, as all times of a JWT. */
function readTimes({ born, idle, absolute, auth_time: login }: JsonObject): SessionTimes | undefined {
  if (born === undefined) return undefined;
  if (!isCount(born) || !isCount(idle) || !isCount(absolute)) malformed("its born, idle or absolute is not a number");
  if (login !== undefined && !isCount(login)) malformed("its auth_time is not a number");
  const times = { bornAt: born * 1000, idleDeadline: idle * 1000, absoluteDeadline: absolute * 1000 };
  return { ...times, loggedInAt: login && login * 1000 };
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    notJson(cause);
  }
  return malformed("a part of it is no object");
}

function textOf(part: string): string {
  try {
    return UTF8.decode(decodeBase64url(part));
  } catch (cause) {
    return notJson(cause);
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function notJson(cause: unknown): never {
  throw new MoorOriginError("handoff-malformed", "the handoff is refused: a part of it is not JSON", { cause });
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
