import { decodeJsonPart } from "../lib/json-part.ts";
import type { Json, JsonObject } from "../session/patch.ts";

/** The claims of an ID token (OpenID Connect Core, section 2), and those of the userinfo endpoint. */
export type Claims = JsonObject & { readonly sub: string };

/** The values that an ID token must have. */
export interface Expected {
  readonly issuer: string;
  readonly clientId: string;
  /** Of the login that asked for it. Absent: a refresh has brought it. */
  readonly nonce?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How far the provider's clock may be apart, in seconds. */
export const TOLERANCE_SECONDS = 60;

/**
 * The claims of an ID token, or the name of the first rule of OpenID Connect Core, section 3.1.3.7, that the token breaks.
 *
 * The signature is not checked. Rule 6 allows that for a token that came from the token endpoint itself, whose certificate shows who
 * has sent it. A token that came another way must not be read by this function.
 */
export function readIdToken(text: unknown, { issuer, clientId, nonce, now }: Expected): Claims | string {
  const [head = "", payload = "", signature, ...rest] = typeof text === "string" ? text.split(".") : [];
  const header = decodeJsonPart(head);
  const claims = decodeJsonPart(payload) as JsonObject | undefined;
  if (!header || !claims || signature === undefined || rest.length > 0) return "form";
  const { sub, iss, aud, azp, exp } = claims;
  if (typeof header.alg !== "string" || header.alg === "none") return "alg";
  if (iss !== issuer) return "iss";
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) return "aud";
  // A token for several clients must name the client that asked.
  if (azp === undefined ? audiences.length > 1 : azp !== clientId) return "azp";
  if (typeof exp !== "number" || exp + TOLERANCE_SECONDS <= now / 1000) return "exp";
  if (nonce !== undefined && claims.nonce !== nonce) return "nonce";
  return isSubject(sub) ? { ...claims, sub } : "sub";
}

/** At most 255 characters (OpenID Connect Core, section 2). */
function isSubject(sub: Json | undefined): sub is string {
  return typeof sub === "string" && sub.length > 0 && sub.length <= 255;
}
