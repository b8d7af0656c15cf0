import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";
import { MAC_BYTES, type Mac } from "./mac.ts";

/** Characters of a generation proof: 42 bytes as base64url, no spare bits. */
export const PROOF_LENGTH = 56;

const FORMAT = 2;
const BODY_BYTES = 26;
const AT = { format: 0, signingKey: 1, id: 2, generation: 18, reserved: 22 };

/**
 * Signs the proof that the holder of the session `id` has been given `generation`. It travels apart from the token, so
 * that a slow response that rewrites the token can never undo a rotation.
 */
export async function signProof(mac: Mac, id: string, generation: number): Promise<string> {
  const proof = new Uint8Array(BODY_BYTES + MAC_BYTES);
  proof[AT.format] = FORMAT;
  proof[AT.signingKey] = mac.signingKey;
  proof.set(decodeBase64url(id) as Uint8Array, AT.id);
  new DataView(proof.buffer).setUint32(AT.generation, generation);
  proof.set(await mac.sign(proof.slice(0, BODY_BYTES)), BODY_BYTES);
  return encodeBase64url(proof);
}

/**
 * The generation that `text` proves for the session `id`; 0 if it proves no generation (absent, cut, forged, another
 * session's).
 */
export async function openProof(mac: Mac, text: string, id: string): Promise<number> {
  const proof = text.length === PROOF_LENGTH ? decodeBase64url(text) : undefined;
  if (!proof || proof[AT.format] !== FORMAT) return 0;
  if (encodeBase64url(proof.subarray(AT.id, AT.generation)) !== id) return 0;
  const genuine = await mac.verify(
    proof.slice(0, BODY_BYTES),
    proof.subarray(BODY_BYTES),
    proof[AT.signingKey] as number,
  );
  return genuine ? new DataView(proof.buffer).getUint32(AT.generation) : 0;
}
