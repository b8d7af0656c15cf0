import type { ResolvedLogin, ResolvedPool } from "../../config/resolved.ts";
import { isOf, type Login, rolesOf } from "../../session/login.ts";

/**
 * The `login` claim of a handoff: how the visitor has logged in at the provider. Times are seconds since 1970.
 *
 * A pool that sees only some attributes gets no claims of the provider, which may be as private as the attributes. A host of another login gets
 * nothing: a token can be copied to there, and a role of the same name means another right there.
 *
 * @param config the login of the host; `undefined`: it has none.
 * @returns an object with the claim, or an empty object.
 */
export function loginClaim(
  login: Login,
  { session: { see } }: Pick<ResolvedPool, "session">,
  config: Pick<ResolvedLogin, "id" | "issuer" | "roles"> | undefined,
): { login?: Record<string, unknown> } {
  if (!config || !isOf(login, config)) return {};
  const { issuer, at, authAt, acr, amr, claims } = login;
  return {
    login: {
      iss: issuer,
      at: Math.floor(at / 1000),
      ...(authAt !== undefined && { auth_at: Math.floor(authAt / 1000) }),
      ...(acr !== undefined && { acr }),
      ...(amr && { amr }),
      roles: rolesOf(login, config.roles),
      ...(see === true && { claims }),
    },
  };
}
