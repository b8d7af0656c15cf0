import type { ResolvedLogin } from "../config/resolved.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import { isPrincipal } from "../session/change.ts";
import { isOfDomain, type Login } from "../session/login.ts";
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

/** The names of all claims that a configuration uses. */
export function claimsOf({ claims, roles }: Pick<ResolvedLogin, "claims" | "roles">): string[] {
  return [...new Set([...claims, ...Object.values(roles).map(({ claim }) => claim)])];
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
  const shown: JsonObject = Object.fromEntries(told.flatMap((name) => entryOf(claims, name)));
  if (attributeBytesOf(shown) > MAX_CLAIM_BYTES) return { kind: "too-large" };
  const { sub, sid, acr, amr, iat, auth_time: authTime } = claims;
  const login: Login = {
    ...(id === undefined ? {} : { id }),
    issuer,
    sub,
    at: now,
    ...(isShort(sid) ? { sid } : {}),
    ...(typeof authTime === "number" ? { authAt: authTime * 1000 } : {}),
    ...((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && typeof iat === "number"
      ? { issuedAt: iat * 1000 }
      : undefined),
    ...(isShort(acr) ? { acr } : {}),
    ...(Array.isArray(amr) && amr.every(isShort) && amr.length <= 16 ? { amr } : {}),
    claims: shown,
    roleClaims: Object.fromEntries(
      Array.from(new Set(Object.values(roles).map(({ claim }) => claim)), (name) => [
        name,
        valuesFor(name, claims, roles),
      ]),
    ),
  };
  return { kind: "identity", principal: await principalOf(sub, id), login };
}

/**
 * The principal of a subject. A subject that is no principal is replaced by its hash, so that two subjects stay two principals.
 *
 * @param id of one of several logins. It comes first, because the provider of another login could name the same subject.
 */
export async function principalOf(sub: string, id: string | undefined): Promise<string> {
  const prefix = id === undefined ? "" : `${id}:`;
  if (isPrincipal(prefix + sub) && !sub.startsWith("sha256:")) return prefix + sub;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sub));
  return `${prefix}sha256:${encodeBase64url(new Uint8Array(digest))}`;
}

function entryOf(claims: Claims, name: string): [string, Json][] {
  const value = claims[name];
  return value === undefined ? [] : [[name, value]];
}

/** The values of a claim that a role names. Providers list hundreds of groups, and the record keeps those that count. */
function valuesFor(name: string, claims: Claims, roles: ResolvedLogin["roles"]): string[] {
  // Anybody can claim the address of a stranger until the provider has verified it.
  if (name === "email" && claims.email_verified !== true) return [];
  const given = claims[name];
  const values = (Array.isArray(given) ? given : [given]).filter((value) => typeof value === "string");
  return values.filter((value) =>
    Object.values(roles).some(
      (role) => role.claim === name && ("any" in role ? role.any.includes(value) : isOfDomain(value, role.domain)),
    ),
  );
}

/** Whether a text of the provider's is kept. A longer text is left out of a login. */
export function isShort(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_TEXT;
}
