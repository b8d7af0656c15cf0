import { decodeBase64url, encodeBase64url } from "./base64url.ts";

const utf8 = new TextEncoder();

/** An object as a part of a compact JWT: its JSON as base64url (RFC 7515 section 3.1). */
export function encodeJsonPart(value: object): string {
  return encodeBase64url(utf8.encode(JSON.stringify(value)));
}

/** The object in a part of a compact JWT; `undefined`: the text is not base64url, not UTF-8, or not the JSON of an object. */
export function decodeJsonPart(text: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64url(text);
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    // Whoever sent the text may have written anything.
    return undefined;
  }
}
