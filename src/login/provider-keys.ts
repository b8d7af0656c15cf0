import { isJsonObject, type JsonObject } from "../session/patch.ts";
import type { Discovery } from "./discovery.ts";
import { type AskProvider, Ended } from "./provider-call.ts";

/** The public keys of a provider. */
export interface ProviderKeys {
  /**
   * The key that has signed a token.
   *
   * @param kid the name that the token gives to its key. A provider with a single key for the algorithm need not name it.
   * @returns `undefined`: the provider has no such key, or several.
   * @throws Ended if the provider's keys are not known, and it does not tell them. So too for a new `kid` within 30 seconds of the last
   *   time that the provider was asked: the key may have been added since.
   */
  keyFor(alg: Algorithm, kid: string | undefined): Promise<CryptoKey | undefined>;
}

/** The algorithms by which a token may be signed. A provider of OpenID Connect knows the first of them. */
export const ALGORITHMS = {
  RS256: { kty: "RSA", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { kty: "RSA", name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
  ES256: { kty: "EC", name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
  EdDSA: { kty: "OKP", name: "Ed25519" },
} as const;

/** The name of an algorithm. */
export type Algorithm = keyof typeof ALGORITHMS;

const KEYS_AGE_MS = 600_000;
/** How long keys are used while the provider does not tell them again. */
const LONGEST_AGE_MS = 86_400_000;
/** Tokens with unknown keys could else have the provider asked without end. */
const COOLDOWN_MS = 30_000;

/** The keys at `jwks_uri` (RFC 7517), as they were last read. Only finished answers are kept, as in {@link Discovery}. */
export function createProviderKeys({ endpoint }: Discovery, ask: AskProvider, clock: () => number): ProviderKeys {
  let keys: readonly JsonObject[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;

  /** Reads the keys. `false`: keys are known, and the provider was asked for them a moment ago. */
  async function read(): Promise<boolean> {
    if (keys.length > 0 && clock() - askedAt < COOLDOWN_MS) return false;
    askedAt = clock();
    const { keys: told } = await ask("keys", await endpoint("jwks_uri"));
    if (!Array.isArray(told)) throw new Ended("unavailable", "keys: no list");
    keys = told.filter(isJsonObject);
    readAt = clock();
    return true;
  }

  function find(alg: Algorithm, kid: string | undefined): JsonObject | undefined {
    const fitting = keys.filter(
      (key) =>
        key.kty === ALGORITHMS[alg].kty &&
        (key.use ?? "sig") === "sig" &&
        (key.alg ?? alg) === alg &&
        (kid === undefined || key.kid === kid),
    );
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  return {
    async keyFor(alg, kid) {
      const isUsable = () => find(alg, kid) !== undefined && clock() - readAt < LONGEST_AGE_MS;
      if (!isUsable() || clock() - readAt >= KEYS_AGE_MS) {
        try {
          // The key may be new since the keys were read. Nobody knows until they are read again.
          if (!(await read()) && !isUsable()) throw new Ended("unavailable", "keys: asked for a moment ago");
        } catch (fault) {
          if (!isUsable()) throw fault;
        }
      }
      const key = find(alg, kid);
      if (!key) return undefined;
      try {
        return await crypto.subtle.importKey("jwk", { kty: ALGORITHMS[alg].kty, ...key }, ALGORITHMS[alg], false, [
          "verify",
        ]);
      } catch (fault) {
        // A provider may list a key of another curve, or one that is broken.
        if (fault instanceof DOMException) return undefined;
        throw fault;
      }
    },
  };
}
