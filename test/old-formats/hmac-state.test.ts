import { describe, expect, it } from "vitest";
import { absorbKey, type HashName, hmacFrom, STATE_BYTES } from "../../src/old-formats/hmac-state.ts";

/** Bytes that look random, and are the same at each run. */
const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 24);

async function hmacOf(hash: HashName, key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

describe.each(["SHA-1", "SHA-256"] as const)("HMAC from an absorbed key, with %s", (hash) => {
  it("is that of the platform, for keys and messages on both sides of a block's end", async () => {
    for (const keyLength of [1, 20, 32, 63, 64, 65, 130]) {
      for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000]) {
        const [key, message] = [bytes(keyLength, 1), bytes(length, 7)];
        const expected = await hmacOf(hash, key, message);
        expect(hmacFrom(hash, absorbKey(hash, key), message), `${keyLength} ${length}`).toEqual(expected);
      }
    }
  });

  it("keeps nothing of the key that could be read", () => {
    const key = new TextEncoder().encode("keyboard cat");
    const states = absorbKey(hash, key);
    expect(states.length).toBe(STATE_BYTES[hash]);
    expect(new TextDecoder().decode(states)).not.toContain("keyboard");
  });
});
