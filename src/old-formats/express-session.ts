import { isEqualInConstantTime } from "../lib/equal-bytes.ts";
import { parseValues } from "./bounded-json.ts";
import { firstText } from "./cookie-texts.ts";
import { NONE, type OldReader } from "./format.ts";
import { hmacFrom } from "./hmac-state.ts";
import type { DerivedKey } from "./keys.ts";
import type { OldStore } from "./old-store.ts";

const utf8 = new TextEncoder();
/** The signature is base64 without padding (cookie-signature). Ids are visible ASCII. */
const SIGNED = /^s:([\x21-\x7e]{1,256})\.([A-Za-z0-9+/]{43})$/;
/** The ids that express-session makes (24 random bytes), UUIDs of version 4, and 128 bits or more in hexadecimal digits. */
const RANDOM = /^(?:[\w-]{32}|[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}|[\da-f]{32,128})$/i;

/**
 * Reads sessions of express-session: `s:<id>.<signature>` in the cookie, and the session under its id in a store.
 *
 * @param keys absorbed by `absorbKey` for HMAC-SHA256. Each of them may have signed.
 */
export function createExpressReader(keys: readonly DerivedKey[], store: OldStore): OldReader {
  return {
    async read(header, names, now) {
      const id = idIn(firstText(header, names)?.text ?? "", keys);
      if (id === undefined) return NONE;
      const found = await store.read(id, now);
      if (found.kind !== "found") return found;
      const parsed = parseValues(found.text);
      if (parsed.kind === "unreadable") return parsed;
      const { cookie: _, ...values } = parsed.values;
      return { kind: "session", ...(RANDOM.test(id) && { id }), values, expiresAt: found.expiresAt };
    },
    end: (id) => store.end(id),
  };
}

/** The id that a cookie names, if a key has signed it. */
function idIn(text: string, keys: readonly DerivedKey[]): string | undefined {
  const [, id, signature] = SIGNED.exec(text) ?? [];
  if (id === undefined || signature === undefined) return undefined;
  const isSigned = keys.some(({ bytes }) => {
    const expected = btoa(String.fromCharCode(...hmacFrom("SHA-256", bytes, utf8.encode(id)))).slice(0, 43);
    return isEqualInConstantTime(utf8.encode(expected), utf8.encode(signature));
  });
  return isSigned ? id : undefined;
}
