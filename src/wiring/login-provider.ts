import { loginsOf } from "../config/logins.ts";
import type { ResolvedConfig, ResolvedLogin } from "../config/resolved.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { logToConsole } from "../log.ts";
import { createGrants } from "../login/grants.ts";
import { createProvider } from "../login/provider.ts";
import { breakerNameOf } from "../login/provider-call.ts";
import { createLoginProvider } from "../login/renewal.ts";
import type { LoginProvider } from "../objects/session/login-renewal.ts";
import { isRenewalDue } from "../session/login.ts";
import { createBreakers } from "../store/breakers.ts";
import { loginSecretIn } from "./login-secret.ts";

/** The bindings for the renewal of logins. */
export interface LoginProviderEnv {
  readonly MOOR_TOKEN_KEYS?: string;
  /** See `secretNameOf` for several logins. */
  readonly MOOR_LOGIN_SECRET?: string;
}

/** workerd gives all objects of an isolate the same environment. So they share their knowledge of the providers, and of their health. */
const bound = new WeakMap<object, LoginProvider>();
/** Confirms no login, because the configuration asks for no renewal. */
const NO_PROVIDER: LoginProvider = {
  isDue: () => false,
  renew: async () => ({ kind: "unavailable" }),
  revoke: async () => {},
};

/**
 * The providers of logins, as the objects of sessions reach them. Nothing is bound before a session has a login.
 *
 * @param readConfig reads the configuration.
 */
export function bindLoginProvider(env: LoginProviderEnv, readConfig: () => ResolvedConfig): LoginProvider {
  function provider(): LoginProvider {
    const known = bound.get(env) ?? bindAll(env, loginsOf(readConfig()));
    bound.set(env, known);
    return known;
  }
  return {
    isDue: (login, now) => provider().isDue(login, now),
    renew: (login, grant, sessionId) => provider().renew(login, grant, sessionId),
    revoke: (login, grant, sessionId) => provider().revoke(login, grant, sessionId),
  };
}

function bindAll(env: LoginProviderEnv, logins: readonly ResolvedLogin[]): LoginProvider {
  const renewed = logins.filter(({ refreshSeconds }) => refreshSeconds !== undefined);
  if (renewed.length === 0) return NO_PROVIDER;
  const providers = new Map(renewed.map((login) => [login.id, bind(env, login)]));
  const [any] = providers.values();
  return {
    isDue: (login, now) => isRenewalDue(login, logins, now),
    // A login that the configuration has no more is refused by any of them.
    renew: (login, grant, sessionId) =>
      ((providers.get(login.id) ?? any) as LoginProvider).renew(login, grant, sessionId),
    revoke: async (login, grant, sessionId) => providers.get(login.id)?.revoke(login, grant, sessionId),
  };
}

function bind(env: LoginProviderEnv, login: ResolvedLogin): LoginProvider {
  const clock = Date.now;
  const breaker = createBreakers(logToConsole).make(breakerNameOf(login.id));
  const secret = loginSecretIn(env, login.id);
  const { refresh, revoke } = createProvider({ login, breaker, secret, clock });
  if (!refresh || !revoke) return NO_PROVIDER;
  const grants = createGrants(parseKeyRing(env.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS"));
  return createLoginProvider({ login, provider: { refresh, revoke }, grants, clock, log: logToConsole });
}
