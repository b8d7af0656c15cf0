import { encodeBase64url } from "../lib/base64url.ts";
import { absorbKey } from "./hmac-state.ts";

const utf8 = new TextEncoder();

/** The key by which cookies of express-session are verified, from one of its secrets. */
export function deriveExpressKey(secret: string): string {
  return encodeBase64url(absorbKey("SHA-256", utf8.encode(secret)));
}

/** The key by which seals of iron-session are opened, from one of its passwords. */
export function deriveIronKey(password: string): string {
  return encodeBase64url(absorbKey("SHA-1", utf8.encode(password)));
}

/**
 * The key by which tokens of next-auth are opened, as next-auth itself derives it from its secret (HKDF, RFC 5869).
 *
 * @param cookie the name of the cookie, on which keys of Auth.js depend. Default: a key of next-auth 4, which depends on no name.
 */
export async function deriveNextAuthKey(secret: string, cookie?: string): Promise<string> {
  const isAuthJs = cookie !== undefined;
  const info = isAuthJs ? `Auth.js Generated Encryption Key (${cookie})` : "NextAuth.js Generated Encryption Key";
  const material = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: utf8.encode(cookie ?? ""), info: utf8.encode(info) };
  return encodeBase64url(new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, isAuthJs ? 512 : 256)));
}
