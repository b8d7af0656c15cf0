import type { ResolvedLogin } from "../config/resolved.ts";
import type { Log } from "../log.ts";
import type { LoginProvider, Renewed } from "../objects/session/login-renewal.ts";
import { SHOWN_CHARACTERS } from "../observe/request-facts.ts";
import { isOf, isRenewalDue } from "../session/login.ts";
import type { Grants } from "./grants.ts";
import { claimsOf, identityOf } from "./identity.ts";
import type { Provider } from "./provider.ts";

/** The parts by which logins are renewed. */
export interface RenewalParts {
  readonly login: ResolvedLogin;
  readonly provider: Pick<Required<Provider>, "refresh" | "revoke">;
  readonly grants: Grants;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** The provider, as the objects of sessions ask it to confirm logins. */
export function createLoginProvider({ login: config, provider, grants, clock, log }: RenewalParts): LoginProvider {
  const wanted = claimsOf(config);
  return {
    isDue: (login, now) => isRenewalDue(login, [config], now),

    async revoke(login, sealed, sessionId) {
      const refreshToken = isOf(login, config) ? await grants.open(login, sealed) : undefined;
      const failed = refreshToken === undefined ? undefined : await provider.revoke(refreshToken);
      if (!failed) return;
      const session = sessionId.slice(0, SHOWN_CHARACTERS);
      log({ event: "login_unavailable", session, reason: `not revoked: ${failed.reason}` });
    },

    async renew(login, sealed, sessionId): Promise<Renewed> {
      const session = sessionId.slice(0, SHOWN_CHARACTERS);
      const lapsed = (reason: string): Renewed => {
        log({ event: "login_lapsed", session, reason });
        return { kind: "refused" };
      };
      if (!isOf(login, config)) return lapsed("the login is of another provider");
      if (sealed === undefined) return lapsed("the provider gave no refresh token");
      const refreshToken = await grants.open(login, sealed);
      if (refreshToken === undefined) return lapsed("the key of the refresh token is gone");
      const refreshed = await provider.refresh(refreshToken, login.sub, wanted);
      if (refreshed.kind === "unavailable") {
        log({ event: "login_unavailable", session, reason: refreshed.reason });
        const { refreshToken: next } = refreshed;
        return { kind: "unavailable", ...(next !== undefined && { grant: await grants.seal(login, next) }) };
      }
      if (refreshed.kind === "refused") return lapsed(refreshed.reason);
      const { claims } = refreshed;
      const told = claims && (await identityOf(claims, config, clock()));
      if (told?.kind === "too-large") return lapsed("the claims are too large");
      return {
        kind: "renewed",
        // Only the claims are new. The time and the method are those of the login.
        login: {
          ...login,
          ...(told && { claims: told.login.claims, roleClaims: told.login.roleClaims }),
          confirmedAt: clock(),
        },
        grant: await grants.seal(login, refreshed.refreshToken),
      };
    },
  };
}
