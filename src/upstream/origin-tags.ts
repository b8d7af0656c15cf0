import { encodeBase64url } from "../inbound/base64url.ts";
import type { KeyRing } from "../inbound/key-ring.ts";

/**
 * The tags of an origin, one by each key of the ring, the signing key's first: 12 characters that name it to Moor and to nobody
 * else. Without the key none can be made up, and what they stand for cannot be guessed.
 */
export type OriginTags = (pool: string, origin: string) => Promise<string[]>;

const TAG_BYTES = 9;
const encoder = new TextEncoder();

/** Tags by HMAC-SHA256, cut to 72 bits, with the keys that sign tokens. */
export function createOriginTags(ring: KeyRing): OriginTags {
  return (pool, origin) => {
    // Neither a token nor a proof begins like this, so none of them can be taken for the other.
    const named = encoder.encode(`origin\0${pool}\0${origin}`);
    return Promise.all(
      ring.map(async ({ secret }) => {
        const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
        return encodeBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, named), 0, TAG_BYTES));
      }),
    );
  };
}
