import { isEqualInConstantTime } from "../../lib/equal-bytes.ts";
import type { KeyRing } from "./key-ring.ts";

/** Length of a MAC on the wire: HMAC-SHA256 cut to 128 bits (RFC 2104 section 5). */
export const MAC_BYTES = 16;

/** Signs and checks with a ring's keys. */
export interface Mac {
  /** Id of the key that signs. */
  readonly signingKey: number;
  /** The MAC by the signing key. */
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Whether `mac` is the MAC of `data` by the ring's key `keyId`; compared in constant time. */
  verify(data: Uint8Array<ArrayBuffer>, mac: Uint8Array, keyId: number): Promise<boolean>;
}

/** HMAC-SHA256 with the keys of a ring, cut to {@link MAC_BYTES}. */
export function createMac(ring: KeyRing): Mac {
  // Only finished keys are kept: on Workers, a promise that one request made may never settle for another request.
  const imported = new Map<number, CryptoKey>();

  async function macBy(keyId: number, secret: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>) {
    let key = imported.get(keyId);
    if (!key) {
      key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      imported.set(keyId, key);
    }
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, data), 0, MAC_BYTES);
  }

  return {
    signingKey: ring[0].id,
    sign: (data) => macBy(ring[0].id, ring[0].secret, data),
    async verify(data, mac, keyId) {
      const key = ring.find((candidate) => candidate.id === keyId);
      return key !== undefined && isEqualInConstantTime(await macBy(key.id, key.secret, data), mac);
    },
  };
}
