import { MoorOriginError } from "./errors.ts";
import { type Fetch, fetchJson } from "./fetch-json.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** How long keys count as they were read, if Moor does not say, and at most. */
const LIFE_MS = 300_000;
/** At least that long: caches in between may say 0, and Moor is not to be asked for each request. */
const LEAST_LIFE_MS = 30_000;
/** How soon keys are read again after a read failed. */
const AGAIN_MS = 30_000;
/**
 * How soon keys are read again for another handoff that fits no known key. A caller that reaches this server past Moor
 * may send such handoffs on purpose. A key that Moor uses without having published it before is then seen that late.
 */
const SEEK_MS = 5_000;
/** How long keys count at most, from when they were read, while they cannot be read again. */
const STALE_MS = 3_600_000;

/** `CryptoKey`, which Node does not name globally. */
export type VerifyingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * The public key that Moor publishes under a kid; `undefined` if Moor publishes no such key.
 *
 * @param unfit a key that the signature does not fit: the kid is looked up again for another key.
 */
export type KeySet = (kid: string, unfit?: VerifyingKey) => Promise<VerifyingKey | undefined>;

/** A key of the set, and the point on the curve that it was imported from. */
interface PublishedKey {
  readonly x: string;
  readonly y: string;
  readonly key: VerifyingKey;
}

/**
 * Moor's public keys (RFC 7517), read on first use. They count for as long as their `Cache-Control` says (RFC 9111), 30
 * s at least and 5 min at most. The next request after that has them read again. While reading fails it is tried every
 * 30 s, and the keys stay in use for an hour after they were read. A kid or a signature that fits no key has the keys
 * read at once, at most every 5 s.
 *
 * Calling it throws MoorOriginError `keys-unavailable` if it cannot be told whether Moor publishes the key.
 */
export function createKeySet(options: { url: string; fetch: Fetch; timeoutMs: number; now: () => number }): KeySet {
  const { url, fetch, timeoutMs, now } = options;
  let keys: ReadonlyMap<string, PublishedKey> = new Map();
  let freshUntil = Number.NEGATIVE_INFINITY;
  let usableUntil = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let askedAt = Number.NEGATIVE_INFINITY;
  let soughtAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  async function read(at: number): Promise<void> {
    try {
      const { json, freshSeconds } = await fetchJson(fetch, url, { timeoutMs });
      keys = await importKeys(json, keys);
      freshUntil = at + lifeMs(freshSeconds);
      usableUntil = at + STALE_MS;
      failure = undefined;
    } catch (cause) {
      failure = cause;
    } finally {
      pending = undefined;
    }
  }

  function isDue(at: number): boolean {
    if (at >= usableUntil) return true;
    return at >= (at >= freshUntil ? askedAt + AGAIN_MS : soughtAt + SEEK_MS);
  }

  async function readIfDue(at: number): Promise<void> {
    // On Workers, a promise that a cancelled request made never settles: share a read no longer than it may take.
    if (pending === undefined || at - askedAt > timeoutMs) {
      if (!isDue(at)) return;
      if (at < freshUntil) soughtAt = at;
      askedAt = at;
      pending = read(at);
    }
    await pending;
  }

  return async (kid, unfit) => {
    const find = () => {
      const key = now() < usableUntil ? keys.get(kid)?.key : undefined;
      return key === unfit ? undefined : key;
    };
    const known = find();
    if (known !== undefined && now() < freshUntil) return known;
    await readIfDue(now());
    const key = find();
    if (key === undefined && failure !== undefined) {
      throw new MoorOriginError("keys-unavailable", `Moor's public keys cannot be read from ${url}`, {
        cause: failure,
      });
    }
    return key;
  };
}

function lifeMs(freshSeconds: number | undefined): number {
  return freshSeconds === undefined ? LIFE_MS : Math.min(Math.max(freshSeconds * 1000, LEAST_LIFE_MS), LIFE_MS);
}

/**
 * @param known the keys at hand. A key that is still published stays the same object, so that signatures that it has
 * verified stay verified.
 */
async function importKeys(
  document: unknown,
  known: ReadonlyMap<string, PublishedKey>,
): Promise<Map<string, PublishedKey>> {
  if (!isJsonObject(document) || !Array.isArray(document.keys)) throw new Error("the answer is not a JWK set");
  const keys = new Map<string, PublishedKey>();
  for (const jwk of document.keys.filter(isSigningKey)) {
    const { kid, x, y } = jwk;
    const same = known.get(kid);
    keys.set(kid, same?.x === x && same.y === y ? same : { x, y, key: await importKey(x, y) });
  }
  return keys;
}

function importKey(x: string, y: string): Promise<VerifyingKey> {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x, y }, curve, false, ["verify"]);
}

/** RFC 7517, section 5: keys of other kinds are ignored. */
function isSigningKey(jwk: unknown): jwk is JsonObject & { kid: string; x: string; y: string } {
  return (
    isJsonObject(jwk) &&
    jwk.kty === "EC" &&
    jwk.crv === "P-256" &&
    (jwk.use === undefined || jwk.use === "sig") &&
    (jwk.alg === undefined || jwk.alg === "ES256") &&
    [jwk.kid, jwk.x, jwk.y].every((member) => typeof member === "string")
  );
}
