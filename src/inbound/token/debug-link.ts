import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";
import type { KeyRing } from "./key-ring.ts";
import { createMac } from "./mac.ts";

/** The path at which a visitor shows what only their token knows. */
export const DEBUG_LINK_PATH = "/.moor/debug";
/** How long a debug link is valid, in milliseconds. */
export const DEBUG_LINK_MS = 3_600_000;

/**
 * The verdict on a debug link. `other`: it was made for another session. `unknown`: no key of the ring has signed the text, or it has
 * expired.
 */
export type DebugLinkVerdict = "own" | "other" | "unknown";

/** Signs and checks debug links. A link names no session, and opens for one session alone. */
export interface DebugLinks {
  /** The text of a link for the session `id`, valid for {@link DEBUG_LINK_MS}. */
  sign(id: string, now: number): Promise<string>;
  /** @param id the session of the visitor who opens the link; `undefined`: they have none. */
  check(text: string, id: string | undefined, now: number): Promise<DebugLinkVerdict>;
}

/** `EXPIRES.KEY.MAC.MAC`: milliseconds since 1970, the id of the key, the MAC of the time, the MAC of time and session. */
const FORMAT = /^([1-9][0-9]{12})\.([1-9][0-9]{0,2})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})$/;

/** @param ring its keys sign. */
export function createDebugLinks(ring: KeyRing): DebugLinks {
  const mac = createMac(ring);
  return {
    async sign(id, now) {
      const expiresAt = now + DEBUG_LINK_MS;
      const macs = await Promise.all([expiresAt, `${expiresAt}\0${id}`].map((text) => mac.sign(signedBy(text))));
      return [expiresAt, mac.signingKey, ...macs.map(encodeBase64url)].join(".");
    },
    async check(text, id, now) {
      const [, expiresAt = "", keyId, ofTime = "", ofSession = ""] = FORMAT.exec(text) ?? [];
      const isBy = async (signed: string, given: string) => {
        const bytes = decodeBase64url(given);
        return bytes !== undefined && (await mac.verify(signedBy(signed), bytes, Number(keyId)));
      };
      if (!(Number(expiresAt) > now) || !(await isBy(expiresAt, ofTime))) return "unknown";
      return id !== undefined && (await isBy(`${expiresAt}\0${id}`, ofSession)) ? "own" : "other";
    },
  };
}

/** No token, proof or pass of an operator begins like this, so neither can be taken for the other. */
function signedBy(text: string | number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(`debug-link\0${text}`));
}
