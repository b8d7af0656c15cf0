import { encodeBase64url } from "./base64url.ts";

const utf8 = new TextEncoder();

/** The SHA-256 of a text, as 43 base64url characters. */
export async function sha256(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text))));
}
