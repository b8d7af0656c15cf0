import { MoorOriginError } from "./errors.ts";
import { type Fetch, fetchJson } from "./fetch-json.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** How soon keys are read again for the sake of a kid that is not among them. */
const REFETCH_MS = 30_000;

/** `CryptoKey`, which Node does not name globally. */
export type VerifyingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The public key of a kid; `undefined` if Moor publishes none. */
export type KeySet = (kid: string) => Promise<VerifyingKey | undefined>;

/**
 * Moor's public keys (RFC 7517), read on first use. An unknown kid has them read again, at most once per 30 s; if
 * that fails, the keys at hand stay in use. Calling it throws MoorOriginError `keys-unavailable` if whether the
 * kid exists cannot be told.
 */
export function createKeySet(options: { url: string; fetch: Fetch; timeoutMs: number; now: () => number }): KeySet {
  const { url, fetch, timeoutMs, now } = options;
  let keys: ReadonlyMap<string, VerifyingKey> | undefined;
  let failure: unknown;
  let askedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      keys = await importKeys(await fetchJson(fetch, url, { timeoutMs }));
      failure = undefined;
    } catch (cause) {
      failure = cause;
    } finally {
      pending = undefined;
    }
  }

  return async (kid) => {
    const known = keys?.get(kid);
    if (known !== undefined) return known;
    const age = now() - askedAt;
    // On Workers a promise made by a request that was cancelled never settles: share one no longer than it may take.
    if (pending !== undefined && age <= timeoutMs) await pending;
    else if (keys === undefined || age >= REFETCH_MS) {
      askedAt = now();
      pending = refresh();
      await pending;
    }
    const key = keys?.get(kid);
    if (key === undefined && failure !== undefined) {
      throw new MoorOriginError("keys-unavailable", `Moor's public keys cannot be read from ${url}`, {
        cause: failure,
      });
    }
    return key;
  };
}

async function importKeys(document: unknown): Promise<Map<string, VerifyingKey>> {
  if (!isJsonObject(document) || !Array.isArray(document.keys)) throw new Error("the answer is not a JWK set");
  const keys = new Map<string, VerifyingKey>();
  for (const jwk of document.keys.filter(isSigningKey)) {
    const { kid, x, y } = jwk;
    const key = await crypto.subtle.importKey(
      "jwk",
      { kty: "EC", crv: "P-256", x, y },
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["verify"],
    );
    keys.set(kid, key);
  }
  return keys;
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
