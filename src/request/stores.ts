import type { ResolvedConfig } from "../config/resolved.ts";
import { policyOf } from "../session/policy.ts";
import type { Connected } from "../store/connected.ts";
import type { Locks } from "../store/contracts.ts";
import { type CalledStores, countCalls, type StoreCalls } from "../store/counted.ts";
import { createOutage } from "../store/outage.ts";
import { createTiers } from "../store/tiers.ts";
import type { CommitParts } from "./commit.ts";
import type { MoorParts } from "./parts.ts";

/** The stores and rules by which the session of a request is read and written. */
export interface Stores extends CommitParts {
  readonly locks: Locks | undefined;
  /** `Set-Cookie` headers that the response to the request must have; see {@link Connected}. Absent: there are none. */
  readonly cookies: (() => readonly string[]) | undefined;
}

/** The stores of sessions, and their configuration. The middleware has no routes. */
export interface StoresParts
  extends Pick<
    MoorParts,
    | "tokens"
    | "authority"
    | "connect"
    | "memory"
    | "replicas"
    | "fallback"
    | "locks"
    | "principals"
    | "mayFound"
    | "clock"
  > {
  readonly config: Pick<ResolvedConfig, "session" | "stores" | "principals"> &
    Partial<Pick<ResolvedConfig, "routes" | "logins">>;
}

/** The stores of all requests. */
export interface AllStores {
  readonly shared: Stores;
  /** The same stores for one request: its store calls are counted, or it has a connection of its own to the authority. */
  forOne(calls: StoreCalls | undefined, connected: Connected | undefined): Stores;
}

/**
 * Combines the stores of sessions.
 *
 * @throws TypeError if the configuration has `locking`, and there are no locks.
 */
export function createStores(parts: StoresParts): AllStores {
  const { config, tokens, authority, memory, replicas, fallback, locks, principals, mayFound, clock } = parts;
  const { routes = [] } = config;
  if (!locks && routes.some(({ locking }) => locking !== "none")) {
    throw new TypeError("routes.locking is configured, and Moor was not given what that takes");
  }
  const outage = fallback && createOutage(fallback, { clock, backsUp: config.stores.backup !== "off" });
  const policy = policyOf({ session: config.session, routes });
  const loginIds =
    typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? config.logins?.flatMap(({ id = [] }) => id) : undefined;

  function combine(stores: CalledStores, cookies?: Stores["cookies"]): Stores {
    const index = config.principals && stores.principals;
    return {
      authority: stores.authority,
      tiers: createTiers({ memory, ...stores }),
      locks: stores.locks,
      cookies,
      principals: index && { index, limit: config.principals.limit },
      tokens,
      policy,
      loginIds,
      mayFound,
      clock,
    };
  }

  const called: CalledStores = { authority, replicas, outage, locks, principals };
  return {
    shared: combine(called),
    forOne(calls, connected) {
      const own = { ...called, ...connected };
      return combine(calls ? countCalls(own, calls) : own, connected?.cookies);
    },
  };
}
