import type { ResolvedConfig } from "../config/resolved.ts";
import { createFoundingLimit, type FoundingLimit, type RateLimiter } from "../inbound/founding-limit.ts";
import { type KeyRing, parseKeyRing } from "../inbound/token/key-ring.ts";
import { createTokens, type Tokens } from "../inbound/token/tokens.ts";
import type { Log } from "../log.ts";
import { createObjectPrincipals } from "../objects/clients/principal-client.ts";
import { createObjectAuthority, createObjectLocks, createUnattended } from "../objects/clients/session-client.ts";
import { bindStores, type StoreBindings } from "../store/bind.ts";
import type { Breaker } from "../store/breaker.ts";
import { type Breakers, createBreakers } from "../store/breakers.ts";
import type { Authority, Copies, Locks, Unattended } from "../store/contracts.ts";
import type { Fallback } from "../store/fallback-contract.ts";
import { createMemory } from "../store/memory.ts";
import type { Principals } from "../store/principal-contracts.ts";

/** The bindings of wrangler for sessions, both in front of origins and in the middleware. */
export interface SessionsEnv extends StoreBindings {
  SESSION_OBJECT: DurableObjectNamespace;
  /** Needed if the configuration has `principals`. */
  PRINCIPAL_OBJECT?: DurableObjectNamespace;
  MOOR_TOKEN_KEYS?: string;
  /** Limits how many sessions the clients of one address may found. */
  FOUNDING_LIMIT?: RateLimiter;
}

/** Sessions, as a Worker reaches them. */
export interface BoundSessions {
  readonly tokens: Tokens;
  readonly tokenRing: KeyRing;
  readonly authority: Authority;
  readonly memory: Copies;
  readonly replicas: Copies | undefined;
  readonly fallback: Fallback | undefined;
  readonly principals: Principals | undefined;
  readonly unattended: Unattended;
  readonly locks: Locks;
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
  config: Pick<ResolvedConfig, "stores" | "principals">,
  log: Log,
): BoundSessions {
  const tokenRing = parseKeyRing(env.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS");
  const breakers = createBreakers(log);
  const breaker = breakers.make("object");
  const stores = bindStores(env, breakers);
  const objects = { copies: config.stores, breaker };
  return {
    tokens: createTokens(tokenRing),
    tokenRing,
    authority: createObjectAuthority(env.SESSION_OBJECT, objects),
    memory: createMemory(),
    replicas: config.stores.replicate === "off" ? undefined : stores.replicas,
    fallback: stores.fallback,
    principals: config.principals && bindPrincipals(env, breakers),
    unattended: createUnattended(env.SESSION_OBJECT, objects),
    locks: createObjectLocks(env.SESSION_OBJECT, { breaker }),
    breakers: breakers.made,
    makeBreaker: breakers.make,
    mayFound: env.FOUNDING_LIMIT && createFoundingLimit(env.FOUNDING_LIMIT, log),
  };
}

function bindPrincipals({ PRINCIPAL_OBJECT }: SessionsEnv, breakers: Breakers): Principals {
  if (!PRINCIPAL_OBJECT) {
    throw new TypeError("PRINCIPAL_OBJECT is not bound; the configuration's principals need it, as in wrangler.toml.");
  }
  return createObjectPrincipals(PRINCIPAL_OBJECT, { breaker: breakers.make("principal") });
}
