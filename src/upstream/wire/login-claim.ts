import type { ResolvedLogin, ResolvedPool } from "../../config/resolved.ts";
import { type Login, rolesOf } from "../../session/login.ts";

/**
 * The `login` claim of a handoff: how the visitor has logged in at the provider. Times are seconds since 1970.
 *
 * A pool that sees only some attributes gets no claims of the provider, which may be as private as the attributes.
 *
 * @param roles of the configuration. Default: there are none.
 */
export function loginClaim(
  login: Login,
  { session: { see } }: Pick<ResolvedPool, "session">,
  roles: ResolvedLogin["roles"] = {},
): Record<string, unknown> {
  const { issuer, at, authAt, acr, amr, claims } = login;
  return {
    iss: issuer,
    at: Math.floor(at / 1000),
    ...(authAt !== undefined && { auth_at: Math.floor(authAt / 1000) }),
    ...(acr !== undefined && { acr }),
    ...(amr && { amr }),
    roles: rolesOf(login, roles),
    ...(see === true && { claims }),
  };
}
