import type { KeyRing, RingKey } from "../../src/inbound/token/key-ring.ts";

/** A key for HMAC; its bytes follow from its id. */
export function macKey(id: number): RingKey {
  return { id, secret: Uint8Array.from({ length: 32 }, (_, index) => (index + 0x40 + (id - 7)) & 0xff) };
}

/** A ring of {@link macKey}s: the first signs. */
export function macRing(first: number, ...others: number[]): KeyRing {
  return [macKey(first), ...others.map(macKey)];
}

/** A ring of fresh P-256 keys, as handoffs are signed with. */
export async function handoffRing(first: number, ...others: number[]): Promise<KeyRing> {
  return [await handoffKey(first), ...(await Promise.all(others.map(handoffKey)))];
}

async function handoffKey(id: number): Promise<RingKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  return { id, secret: new Uint8Array((await crypto.subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer) };
}
