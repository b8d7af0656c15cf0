import type { ResolvedConfig } from "../config/resolved.ts";
import type { CookieAuthorityConfig } from "../config/types.ts";
import { createFoundingLimit, type FoundingLimit, type RateLimiter } from "../inbound/founding-limit.ts";
import { type KeyRing, parseKeyRing } from "../inbound/token/key-ring.ts";
import { createTokens, type Tokens } from "../inbound/token/tokens.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log } from "../log.ts";
import { createObjectPrincipals } from "../objects/clients/principal-client.ts";
import {
  createObjectAuthority,
  createObjectLocks,
  createObjectRenewals,
  createUnattended,
} from "../objects/clients/session-client.ts";
import type { RowStoreConfig } from "../row-stores/registry.ts";
import { bindReplicas, bindStores, type StoreBindings } from "../store/bind.ts";
import type { Breaker } from "../store/breaker.ts";
import { type Breakers, createBreakers } from "../store/breakers.ts";
import type { Connect } from "../store/connected.ts";
import type { Authority, Copies, Locks, Memory, Renewals, Unattended } from "../store/contracts.ts";
import type { Fallback } from "../store/fallback-contract.ts";
import { keepIds } from "../store/kept-ids.ts";
import { createMemory } from "../store/memory.ts";
import type { Principals } from "../store/principal-contracts.ts";
import { runScheduled, type Swept } from "../store/sweep.ts";
import { bindCookieSessions, type CookieSessionsEnv } from "./cookie-sessions.ts";
import { bindRows, type RowsEnv, type RowsParts } from "./rows.ts";

/** The bindings of wrangler for sessions, both in front of origins and in the middleware. */
export interface SessionsEnv extends StoreBindings, RowsEnv, CookieSessionsEnv {
  /** Needed unless the configuration names another authority. */
  SESSION_OBJECT?: DurableObjectNamespace;
  /** Needed if the configuration has `principals`. */
  PRINCIPAL_OBJECT?: DurableObjectNamespace;
  MOOR_TOKEN_KEYS?: string;
  /** Limits how many sessions the clients of one address may found. */
  FOUNDING_LIMIT?: RateLimiter;
  /** Limits how many sessions all clients may found. Only an authority on rows asks it, and needs it. */
  SITE_FOUNDING_LIMIT?: RateLimiter;
}

/** Sessions, as a Worker reaches them. */
export interface BoundSessions {
  readonly tokens: Tokens;
  readonly tokenRing: KeyRing;
  readonly authority: Authority;
  readonly memory: Memory;
  readonly replicas: Copies | undefined;
  readonly fallback: Fallback | undefined;
  readonly principals: Principals | undefined;
  readonly unattended: Unattended;
  /** `undefined`: the authority has no leases. */
  readonly locks: Locks | undefined;
  /** `undefined`: the authority renews no logins. */
  readonly renewals?: Renewals | undefined;
  /** Connects to the authority for one request. `undefined`: the authority has no connections. */
  readonly connect?: Connect | undefined;
  /** The work of the cron trigger. `undefined`: there was no journal to sweep. */
  readonly sweep: () => Promise<Swept | undefined>;
  /** Every breaker that `makeBreaker` has made. */
  readonly breakers: readonly Breaker[];
  readonly makeBreaker: Breakers["make"];
  readonly mayFound: FoundingLimit | undefined;
}

/**
 * Binds the stores that sessions need. The result keeps nothing of a request, so an isolate may use it for its whole life.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindSessions(
  env: SessionsEnv,
  config: Pick<ResolvedConfig, "stores" | "principals" | "trustedProxies" | "session">,
  log: Log,
  told: Pick<RowsParts, "events" | "oldSessions" | "keepAlive"> = {},
): BoundSessions {
  const tokenRing = parseKeyRing(env.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS");
  const breakers = createBreakers(log);
  const parts = { ...told, breakers, log };
  const { authority } = config.stores;
  // A Durable Object costs money. A store that is full refuses the changes of everybody. A cookie costs nothing.
  const ofSite = authority.type === "object" || authority.type === "cookie" ? undefined : env.SITE_FOUNDING_LIMIT;
  const ofAddress = authority.type === "cookie" ? undefined : env.FOUNDING_LIMIT;
  const mayFound =
    ofAddress || ofSite ? createFoundingLimit({ ofAddress, ofSite }, config.trustedProxies, log) : undefined;
  return {
    tokens: createTokens(tokenRing),
    tokenRing,
    ...(authority.type === "object"
      ? bindObjects(env, config, parts)
      : authority.type === "cookie"
        ? typeof MOOR_COOKIE_SESSIONS === "undefined" || MOOR_COOKIE_SESSIONS
          ? bindInCookies(env, authority, config.session, breakers)
          : leftOut("MOOR_COOKIE_SESSIONS", 'stores.authority is "cookie"')
        : typeof MOOR_ROWS === "undefined" || MOOR_ROWS
          ? bindOnRows(env, authority, config, parts)
          : leftOut("MOOR_ROWS", `stores.authority is "${authority.type}"`)),
    memory: createMemory(),
    breakers: breakers.made,
    makeBreaker: breakers.make,
    mayFound,
  };
}

type Bound = Pick<
  BoundSessions,
  "authority" | "replicas" | "fallback" | "principals" | "unattended" | "locks" | "renewals" | "connect" | "sweep"
>;
type Config = Pick<ResolvedConfig, "stores" | "principals">;
type Parts = Omit<RowsParts, "replicas">;

/** Each session has a Durable Object, and Redis stands in for an object that cannot be reached. */
function bindObjects(env: SessionsEnv, { stores, principals }: Config, { breakers, log }: Parts): Bound {
  if (!env.SESSION_OBJECT) {
    throw new TypeError("SESSION_OBJECT is not bound; it is the binding of the Durable Object class SessionObject.");
  }
  const breaker = breakers.make("object");
  if (stores.fallback === "redis-tcp" && !env.MOOR_REDIS_URL) {
    throw new TypeError('MOOR_REDIS_URL is not set; stores.fallback "redis-tcp" needs it.');
  }
  const { fallback, replicas } = bindStores(env, breakers);
  const { authority: _, fallback: __, ...copies } = stores;
  const objects = { copies, breaker };
  const sessions = keepIds(env.SESSION_OBJECT);
  const authority = createObjectAuthority(sessions, objects);
  return {
    authority,
    replicas: stores.replicate === "off" ? undefined : replicas,
    fallback,
    principals: principals && bindPrincipals(env, breakers),
    unattended: createUnattended(sessions, objects),
    locks: createObjectLocks(sessions, { breaker }),
    ...((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && {
      renewals: createObjectRenewals(sessions, objects),
    }),
    sweep: () => runScheduled({ authority, fallback }, log),
  };
}

/** Browsers hold the sessions, so there is nothing to lock, to copy, or to sweep. */
function bindInCookies(
  env: SessionsEnv,
  settings: Readonly<CookieAuthorityConfig>,
  session: ResolvedConfig["session"],
  breakers: Breakers,
): Bound {
  return {
    ...bindCookieSessions(env, settings, session, breakers),
    replicas: undefined,
    fallback: undefined,
    principals: undefined,
    locks: undefined,
    sweep: async () => undefined,
  };
}

/** Another store is the authority. It is the place where sessions are safe, so there is no fallback. */
function bindOnRows(env: SessionsEnv, settings: Readonly<RowStoreConfig>, config: Config, parts: Parts): Bound {
  for (const name of ["FOUNDING_LIMIT", "SITE_FOUNDING_LIMIT"] as const) {
    if (env[name]) continue;
    const asked = `stores.authority "${settings.type}" needs it, as in wrangler.toml`;
    throw new TypeError(`${name} is not bound; ${asked}: else anybody could fill the store with new sessions.`);
  }
  const replicas = config.stores.replicate === "off" ? undefined : bindReplicas(env, parts.breakers);
  const rows = bindRows(env, settings, config, { ...parts, replicas });
  return {
    ...rows,
    replicas,
    fallback: undefined,
    async sweep() {
      await rows.sweep();
      return undefined;
    },
  };
}

function bindPrincipals({ PRINCIPAL_OBJECT }: SessionsEnv, breakers: Breakers): Principals {
  if (!PRINCIPAL_OBJECT) {
    throw new TypeError("PRINCIPAL_OBJECT is not bound; the configuration's principals need it, as in wrangler.toml.");
  }
  return createObjectPrincipals(PRINCIPAL_OBJECT, { breaker: breakers.make("principal") });
}
