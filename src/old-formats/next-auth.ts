import { parseValues } from "./bounded-json.ts";
import { firstText } from "./cookie-texts.ts";
import { DONE, NONE, type OldReader } from "./format.ts";
import { openJwe } from "./jwe.ts";
import type { DerivedKey } from "./keys.ts";

/** The skew of clocks that next-auth allows, in seconds. */
const SKEW_SECONDS = 15;

/**
 * Reads sessions of next-auth 4 and of Auth.js, which are encrypted in their cookie (JWE). Its `jti` names the token and not the login,
 * because a renewed token has another `jti`. So the session has no id.
 *
 * @param keys of 32 bytes, as next-auth 4 derives them, or of 64, as Auth.js derives them for each cookie.
 */
export function createNextAuthReader(keys: readonly DerivedKey[]): OldReader {
  return {
    async read(header, names, now) {
      const text = await openJwe(
        firstText(header, names)?.text ?? "",
        keys.map(({ bytes }) => bytes),
      );
      if (text === undefined) return NONE;
      const parsed = parseValues(text);
      if (parsed.kind === "unreadable") return parsed;
      const { exp, nbf, iat, jti: _, ...values } = parsed.values;
      if (![exp, nbf, iat].every((time) => time === undefined || typeof time === "number")) return NONE;
      const seconds = Math.floor(now / 1000);
      if (typeof exp === "number" && exp <= seconds - SKEW_SECONDS) return NONE;
      if (typeof nbf === "number" && nbf > seconds + SKEW_SECONDS) return NONE;
      return {
        kind: "session",
        values,
        ...(typeof exp === "number" && { expiresAt: Math.floor(exp * 1000) }),
      };
    },
    end: async () => DONE,
  };
}
