import type { ResolvedLogin } from "../config/resolved.ts";
import { sha256 } from "../lib/sha256.ts";
import { isPrincipal } from "../session/change.ts";
import { gives, type Login } from "../session/login.ts";
import type { Json, JsonObject } from "../session/patch.ts";
import { attributeBytesOf } from "../session/record.ts";
import type { Claims } from "./id-token.ts";

/** The login that claims give, or why they give none. */
export type Identity =
  | { readonly kind: "identity"; readonly principal: string; readonly login: Login }
  /** The claims that origins are to be told are too long together. */
  | { readonly kind: "too-large" };

/** How long the claims for origins may be together, as UTF-8 JSON. */
export const MAX_CLAIM_BYTES = 1_024;
/** How much of each text of the protocol is kept. */
const MAX_TEXT = 256;

/** The names of all claims that a configuration uses. A name may come several times. */
export function claimsOf({ claims, roles }: Pick<ResolvedLogin, "claims" | "roles">): string[] {
  return [...claims, ...Object.values(roles).map(({ claim }) => claim)];
}

/**
 * The login that the claims of an ID token and of userinfo give.
 *
 * @param now milliseconds since 1970.
 */
export async function identityOf(
  claims: Claims,
  { id, issuer, claims: told, roles }: Pick<ResolvedLogin, "id" | "issuer" | "claims" | "roles">,
  now: number,
): Promise<Identity> {
  const given = told.filter((name) => claims[name] !== undefined);
  const shown = Object.fromEntries(given.map((name) => [name, claims[name]])) as JsonObject;
  if (attributeBytesOf(shown) > MAX_CLAIM_BYTES) return { kind: "too-large" };
  const { sub, sid, acr, amr, iat, auth_time: authTime } = claims;
  const login: Login = {
    ...((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && id !== undefined && { id }),
    issuer,
    sub,
    at: now,
    ...(isShort(sid) && { sid }),
    ...(typeof authTime === "number" && { authAt: authTime * 1000 }),
    ...((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) &&
      typeof iat === "number" && { issuedAt: iat * 1000 }),
    ...(isShort(acr) && { acr }),
    ...(Array.isArray(amr) && amr.every(isShort) && amr.length <= 16 && { amr }),
    claims: shown,
    roleClaims: Object.fromEntries(Object.values(roles).map(({ claim }) => [claim, valuesFor(claim, claims, roles)])),
  };
  return { kind: "identity", principal: await principalOf(sub, id), login };
}

/**
 * The principal of a subject. A subject that is no principal is replaced by its hash, so that two subjects stay two principals.
 *
 * @param id of one of several logins. It comes first, because the provider of another login could name the same subject.
 */
export async function principalOf(sub: string, id: string | undefined): Promise<string> {
  const prefix = (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && id !== undefined ? `${id}:` : "";
  if (isPrincipal(prefix + sub) && !sub.startsWith("sha256:")) return prefix + sub;
  return `${prefix}sha256:${await sha256(sub)}`;
}

/** The values of a claim that a role names. Providers list hundreds of groups, and the record keeps those that count. */
function valuesFor(name: string, claims: Claims, roles: ResolvedLogin["roles"]): string[] {
  // Anybody can claim the address of a stranger until the provider has verified it.
  if (name === "email" && claims.email_verified !== true) return [];
  const given = claims[name];
  const values = (Array.isArray(given) ? given : [given]).filter((value) => typeof value === "string");
  return values.filter((value) => Object.values(roles).some((role) => role.claim === name && gives(value, role)));
}

/** Whether a text of the provider's is kept. A longer text is left out of a login. */
export function isShort(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_TEXT;
}
