import { decodeBase64url } from "../lib/base64url.ts";
import { parseValues } from "./bounded-json.ts";
import { firstText } from "./cookie-texts.ts";
import { DONE, NONE, type OldReader } from "./format.ts";
import { hmacFrom } from "./hmac-state.ts";
import type { DerivedKey } from "./keys.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();
/** `Fe26.2*<id of the password>*<salt>*<iv>*<encrypted>*<expiry>*<salt of the MAC>*<MAC>`, as iron-session seals. */
const SEAL =
  /^(Fe26\.2\*(\d{1,15})\*([\da-f]{64})\*([\w-]{22})\*([\w-]+)\*([1-9]\d{0,15})?)\*([\da-f]{64})\*([\w-]{43})$/;
/** The skew of clocks that iron-session allows, in milliseconds. */
const SKEW_MS = 60_000;

/**
 * Reads sessions of iron-session, which are sealed in their cookie. A seal has no id: each response of the framework seals anew.
 *
 * @param keys absorbed by `absorbKey` for HMAC-SHA1, with the ids of their passwords.
 */
export function createIronReader(keys: readonly DerivedKey[]): OldReader {
  return {
    async read(header, names, now) {
      // The version behind the tilde is not authentic, and decides nothing.
      const seal = (firstText(header, names)?.text ?? "").split("~", 1)[0] as string;
      const [, signed, id, salt, iv, encrypted, expiry, macSalt, mac] = SEAL.exec(seal) ?? [];
      const key = keys.find((candidate) => candidate.id === id)?.bytes;
      const parts = [iv, encrypted, mac].map((part) => decodeBase64url(part ?? "") as Bytes | undefined);
      const [ivBytes, encryptedBytes, macBytes] = parts;
      if (!key || !ivBytes || !encryptedBytes || !macBytes) return NONE;
      if (expiry !== undefined && Number(expiry) <= now - SKEW_MS) return NONE;
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const macKey = passwordKey(key, macSalt as string);
      const verifying = await crypto.subtle.importKey("raw", macKey, algorithm, false, ["verify"]);
      const isGenuine = await crypto.subtle.verify("HMAC", verifying, macBytes, utf8.encode(signed));
      if (!isGenuine) return NONE;
      const text = await decrypted(passwordKey(key, salt as string), ivBytes, encryptedBytes);
      const parsed = text === undefined ? NONE : parseValues(text);
      return parsed.kind === "values"
        ? { kind: "session", values: parsed.values, ...(expiry !== undefined && { expiresAt: Number(expiry) }) }
        : parsed;
    },
    end: async () => DONE,
  };
}

/** PBKDF2 with HMAC-SHA1 (RFC 8018), one iteration, 256 bits: the two first blocks. */
function passwordKey(absorbed: Uint8Array, salt: string): Bytes {
  const block = (nth: number) => hmacFrom("SHA-1", absorbed, utf8.encode(`${salt}\0\0\0${String.fromCharCode(nth)}`));
  return new Uint8Array([...block(1), ...block(2)]).slice(0, 32);
}

async function decrypted(key: Bytes, iv: Bytes, encrypted: Bytes): Promise<string | undefined> {
  const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  try {
    const opened = await crypto.subtle.decrypt({ name: "AES-CBC", iv }, imported, encrypted);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(opened);
  } catch (error) {
    // Padding or UTF-8 that is wrong although the MAC is right: another program has sealed it.
    if (error instanceof DOMException || error instanceof TypeError) return undefined;
    throw error;
  }
}
