import type { ResolvedConfig } from "../config/resolved.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { logToConsole } from "../log.ts";
import { createDiscovery } from "../login/discovery.ts";
import { createGrants } from "../login/grants.ts";
import { createProvider } from "../login/provider.ts";
import { createAsk } from "../login/provider-call.ts";
import { createLoginProvider } from "../login/renewal.ts";
import type { LoginProvider } from "../objects/session/login-renewal.ts";
import { createBreakers } from "../store/breakers.ts";

/** The bindings for the renewal of logins. */
export interface LoginProviderEnv {
  readonly MOOR_TOKEN_KEYS?: string;
  readonly MOOR_LOGIN_SECRET?: string;
}

/** workerd gives all objects of an isolate the same environment. So they share their knowledge of the provider, and of its health. */
const bound = new WeakMap<object, LoginProvider>();
/** Confirms no login, because the configuration asks for no renewal. */
const NO_PROVIDER: LoginProvider = { isDue: () => false, renew: async () => ({ kind: "unavailable" }) };

/**
 * The provider of logins, as the objects of sessions reach it. Nothing is bound before a session has a login.
 *
 * @param readConfig reads the configuration.
 */
export function bindLoginProvider(env: LoginProviderEnv, readConfig: () => ResolvedConfig): LoginProvider {
  function provider(): LoginProvider {
    const known = bound.get(env) ?? bind(env, readConfig());
    bound.set(env, known);
    return known;
  }
  return {
    isDue: (login, now) => provider().isDue(login, now),
    renew: (login, grant, sessionId) => provider().renew(login, grant, sessionId),
  };
}

function bind({ MOOR_TOKEN_KEYS, MOOR_LOGIN_SECRET }: LoginProviderEnv, { login }: ResolvedConfig): LoginProvider {
  if (login?.refreshSeconds === undefined) return NO_PROVIDER;
  const clock = Date.now;
  const ask = createAsk(createBreakers(logToConsole).make("provider"));
  const discovery = createDiscovery(login, { ask, clock });
  const { refresh } = createProvider({ login, ask, discovery, secret: MOOR_LOGIN_SECRET || undefined, clock });
  if (!refresh) return NO_PROVIDER;
  const grants = createGrants(parseKeyRing(MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS"));
  return createLoginProvider({ login, provider: { refresh }, grants, clock, log: logToConsole });
}
