import { policyOf } from "../session/policy.ts";
import type { Locks } from "../store/contracts.ts";
import { type CalledStores, countCalls, type StoreCalls } from "../store/counted.ts";
import { createOutage } from "../store/outage.ts";
import { createTiers } from "../store/tiers.ts";
import type { ConcludeParts } from "./conclude.ts";
import type { MoorParts } from "./parts.ts";

/** What reads and writes the session of a request. */
export interface Writer extends ConcludeParts {
  readonly locks: Locks | undefined;
}

/**
 * Puts together what reads and writes sessions: one for all requests, and for a request whose store calls are counted one of its
 * own, on the same stores.
 *
 * @throws TypeError if the configuration has `locking`, and there are no locks.
 */
export function createWriters(parts: MoorParts): (calls: StoreCalls | undefined) => Writer {
  const { config, tokens, authority, memory, replicas, fallback, locks, principals, mayFound, clock } = parts;
  if (!locks && config.routes.some(({ locking }) => locking !== "none")) {
    throw new TypeError("routes.locking is configured, and Moor was not given what that takes");
  }
  const outage = fallback && createOutage(fallback, { clock, backsUp: config.stores.backup !== "off" });
  const policy = policyOf(config);

  function writerOn(stores: CalledStores): Writer {
    const index = config.principals && stores.principals;
    return {
      authority: stores.authority,
      tiers: createTiers({ memory, ...stores }),
      locks: stores.locks,
      principals: index && { index, limit: config.principals.limit },
      tokens,
      policy,
      mayFound,
      clock,
    };
  }

  const stores: CalledStores = { authority, replicas, outage, locks, principals };
  const writer = writerOn(stores);
  return (calls) => (calls ? writerOn(countCalls(stores, calls)) : writer);
}
