/** The public keys of a signer of tokens (RFC 7517). */
export interface KeySet {
  /**
   * The key that has signed a token.
   *
   * @param kid the name that the token gives to its key. A signer with a single key for the algorithm need not name it.
   * @returns `undefined`: the signer has no such key, or several.
   * @throws if the keys are not known, and the signer does not tell them. So too for a new `kid` within 30 seconds of the last time that the
   *   signer was asked: the key may have been added since.
   */
  keyFor(alg: Algorithm, kid: string | undefined): Promise<CryptoKey | undefined>;
}

/** The parts of a {@link KeySet}. */
export interface KeySetParts {
  /** Reads the member `keys` of the signer's set. */
  readonly load: () => Promise<unknown>;
  /** The error for keys that are not known. */
  readonly unavailable: (reason: string) => Error;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
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

/** A key as its signer publishes it. Any member may be missing. */
type Jwk = Readonly<Record<string, unknown>>;

const KEYS_AGE_MS = 600_000;
/** How long keys are used while the signer does not tell them again. */
const LONGEST_AGE_MS = 86_400_000;
/** Tokens with unknown keys could else have the signer asked without end. */
const COOLDOWN_MS = 30_000;

/** The keys as they were last read. Only finished answers are kept: on Workers, a promise of one request may never settle for another. */
export function createKeySet({ load, unavailable, clock }: KeySetParts): KeySet {
  let keys: readonly Jwk[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;

  /** Reads the keys. `false`: keys are known, and the signer was asked for them a moment ago. */
  async function read(): Promise<boolean> {
    if (keys.length > 0 && clock() - askedAt < COOLDOWN_MS) return false;
    askedAt = clock();
    const told = await load();
    if (!Array.isArray(told)) throw unavailable("no list");
    keys = told.filter((key) => typeof key === "object" && key !== null);
    readAt = clock();
    return true;
  }

  function find(alg: Algorithm, kid: string | undefined): Jwk | undefined {
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
          if (!(await read()) && !isUsable()) throw unavailable("asked for a moment ago");
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
        // A signer may list a key of another curve, or one that is broken.
        if (fault instanceof DOMException) return undefined;
        throw fault;
      }
    },
  };
}
