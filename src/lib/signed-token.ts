import { decodeBase64url } from "./base64url.ts";
import { decodeJsonPart } from "./json-part.ts";
import { ALGORITHMS, type Algorithm, type KeySet } from "./key-set.ts";

/** The parts of a compact JWT (RFC 7515, section 3.1). Nothing of it is checked yet. */
export interface SplitToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Splits a token. `undefined`: the text is no compact JWT. */
export function splitToken(text: string): SplitToken | undefined {
  const [head = "", payload = "", sealed = "", ...rest] = text.split(".");
  const header = decodeJsonPart(head);
  const claims = decodeJsonPart(payload);
  const signature = decodeBase64url(sealed) as Uint8Array<ArrayBuffer> | undefined;
  if (!header || !claims || !signature || rest.length > 0) return undefined;
  const signed = new TextEncoder().encode(`${head}.${payload}`) as Uint8Array<ArrayBuffer>;
  return { header, claims, signature, signed };
}

/** Whether an algorithm is one of {@link ALGORITHMS}. */
export function isAlgorithm(alg: unknown): alg is Algorithm {
  return typeof alg === "string" && Object.hasOwn(ALGORITHMS, alg);
}

/**
 * The fault of a token's signature: no key of the signer fits, or the key has not signed the token. `undefined`: the token is genuine.
 *
 * @throws if the keys are not known; see {@link KeySet}.
 */
export async function signatureFault(
  { header: { kid }, signed, signature }: SplitToken,
  alg: Algorithm,
  keys: KeySet,
): Promise<"kid" | "signature" | undefined> {
  const key = await keys.keyFor(alg, typeof kid === "string" ? kid : undefined);
  if (!key) return "kid";
  return (await crypto.subtle.verify(ALGORITHMS[alg], key, signature, signed)) ? undefined : "signature";
}
