import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** How the visitor has logged in at a provider, before the request reached this server. Times are milliseconds since 1970. */
export interface LoginView {
  /** The OpenID Connect provider. The principal is its `sub`. */
  readonly issuer: string;
  /** When Moor saw the login. */
  readonly at: number;
  /** When the provider saw the visitor prove who they are; `undefined`: it did not say. */
  readonly authAt: number | undefined;
  /** The method of the login in the provider's words; `undefined`: it did not say. */
  readonly acr: string | undefined;
  readonly amr: readonly string[];
  /** The roles of Moor's configuration that the visitor has. */
  readonly roles: readonly string[];
  /** The claims that Moor's configuration names; empty if the pool sees only some attributes. */
  readonly claims: Readonly<JsonObject>;
}

/** Reads the `login` claim of a handoff; `undefined` if it is not one of Moor's. */
export function readLogin(claim: JsonValue): LoginView | undefined {
  if (!isJsonObject(claim)) return undefined;
  const { iss, at, auth_at: authAt, acr, amr = [], roles, claims = {} } = claim;
  const isRight =
    typeof iss === "string" &&
    isTime(at) &&
    (authAt === undefined || isTime(authAt)) &&
    (acr === undefined || typeof acr === "string") &&
    isTexts(amr) &&
    isTexts(roles) &&
    isJsonObject(claims);
  if (!isRight) return undefined;
  return { issuer: iss, at: at * 1000, authAt: authAt && authAt * 1000, acr, amr, roles, claims };
}

function isTime(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
