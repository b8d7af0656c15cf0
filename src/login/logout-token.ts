import type { KeySet } from "../lib/key-set.ts";
import { isAlgorithm, signatureFault, splitToken } from "../lib/signed-token.ts";
import { isJsonObject, type Json } from "../session/patch.ts";
import { TOLERANCE_SECONDS } from "./id-token.ts";

/** A logout that the provider asks for. */
export interface LogoutToken {
  readonly sub: string;
  /** The session at the provider that has ended. Absent: all of them. */
  readonly sid?: string;
  /** When the provider issued the token, by its own clock, milliseconds since 1970. */
  readonly issuedAt: number;
}

/** The values that a logout token must have. */
export interface ExpectedLogout {
  readonly issuer: string;
  readonly clientId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** How long a token may have been under way. */
const OLDEST_SECONDS = 300;
const TYPES: readonly unknown[] = [undefined, "jwt", "logout+jwt", "application/logout+jwt"];

/**
 * The logout in a token, or the name of the first rule of OpenID Connect Back-Channel Logout 1.0, section 2.6, that the token breaks.
 *
 * A token without `sub` is refused, although a provider may send `sid` alone: the sessions of a principal are found by the principal.
 *
 * @throws Ended if the keys of the provider are not known.
 */
export async function readLogoutToken(
  text: string,
  keys: KeySet,
  { issuer, clientId, now }: ExpectedLogout,
): Promise<LogoutToken | string> {
  const token = splitToken(text);
  if (!token) return "form";
  const { alg, typ, crit } = token.header;
  if (!isAlgorithm(alg)) return "alg";
  if (!TYPES.includes(typeof typ === "string" ? typ.toLowerCase() : typ) || crit !== undefined) return "typ";
  const { iss, aud, iat, exp, events, nonce, sub, sid } = token.claims;
  if (iss !== issuer) return "iss";
  if (!(Array.isArray(aud) ? aud : [aud]).includes(clientId)) return "aud";
  const seconds = now / 1000;
  if (typeof iat !== "number" || iat > seconds + TOLERANCE_SECONDS || iat < seconds - OLDEST_SECONDS) return "iat";
  if (typeof exp !== "number" || exp + TOLERANCE_SECONDS <= seconds) return "exp";
  if (!isJsonObject(events as Json) || !isJsonObject((events as Record<string, Json>)[EVENT])) return "events";
  // An ID token must never pass for a logout token.
  if (nonce !== undefined) return "nonce";
  if (typeof sub !== "string" || sub === "") return "sub";
  if (sid !== undefined && (typeof sid !== "string" || sid === "")) return "sid";
  const fault = await signatureFault(token, alg, keys);
  return fault ?? { sub, issuedAt: iat * 1000, ...(sid === undefined ? {} : { sid }) };
}
