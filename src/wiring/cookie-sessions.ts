import type { ResolvedConfig } from "../config/resolved.ts";
import type { CookieAuthorityConfig } from "../config/types.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Breakers } from "../store/breakers.ts";
import type { Connect } from "../store/connected.ts";
import type { Authority, Unattended } from "../store/contracts.ts";
import { connectCookies, IN_BROWSERS, WITHOUT_REQUEST } from "../store/cookie/connect.ts";
import { endSession } from "../store/cookie/cookie-authority.ts";
import {
  createRevocation,
  type EndNamespace,
  type EndStore,
  endsInKv,
  endsInRedis,
} from "../store/cookie/revocation.ts";
import { createSealedStates } from "../store/cookie/sealed-states.ts";
import { createSeal } from "../store/seal.ts";

/** The bindings of sessions in cookies. */
export interface CookieSessionsEnv {
  /** Key ring that seals sessions in cookies. Who knows it can make sessions, so it is a ring of its own. */
  readonly MOOR_CLIENT_KEYS?: string;
  readonly SESSION_REPLICAS?: EndNamespace;
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
}

/** Sessions that browsers hold. */
export interface BoundCookieSessions {
  /** Knows no request, so it can reach no session. */
  readonly authority: Authority;
  readonly unattended: Unattended;
  readonly connect: Connect;
}

/**
 * Binds sessions that browsers hold in cookies.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindCookieSessions(
  env: CookieSessionsEnv,
  { revocation: store }: Readonly<CookieAuthorityConfig>,
  session: ResolvedConfig["session"],
  breakers: Breakers,
): BoundCookieSessions {
  const ring = parseKeyRing(env.MOOR_CLIENT_KEYS, "MOOR_CLIENT_KEYS");
  const sealed = createSealedStates(createSeal(ring), new Set(ring.map(({ id }) => id)));
  const revocation = createRevocation(ENDS[store](env), breakers.make("revocation"));
  const parts = { sealed, revocation, session, clock: Date.now };
  return {
    authority: WITHOUT_REQUEST,
    unattended: {
      look: async () => ({ kind: "unavailable", cause: new Error(IN_BROWSERS) }),
      end: (id) => endSession(id, parts),
    },
    connect: connectCookies(parts),
  };
}

const ENDS = {
  kv({ SESSION_REPLICAS: namespace }: CookieSessionsEnv): EndStore {
    if (!namespace) throw new TypeError(`SESSION_REPLICAS is not bound; ${asked("kv")} needs that KV namespace.`);
    return endsInKv(namespace);
  },
  redis({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }: CookieSessionsEnv): EndStore {
    if (!url || !token) {
      const missing = url ? "UPSTASH_REDIS_REST_TOKEN" : "UPSTASH_REDIS_REST_URL";
      throw new TypeError(`${missing} is not set; ${asked("redis")} needs that Redis.`);
    }
    return typeof MOOR_REDIS === "undefined" || MOOR_REDIS
      ? endsInRedis({ url, token })
      : leftOut("MOOR_REDIS", asked("redis"));
  },
} as const satisfies Record<CookieAuthorityConfig["revocation"], (env: CookieSessionsEnv) => EndStore>;

function asked(store: string): string {
  return `stores.authority "cookie" with revocation "${store}"`;
}
