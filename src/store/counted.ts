import { BreakerOpenError } from "./breaker.ts";
import type { Authority, Copies, Locks } from "./contracts.ts";
import type { Outage } from "./outage.ts";
import type { Principals } from "./principal-contracts.ts";
import { FALLBACKS, REPLICAS } from "./registry.ts";

/**
 * How often a request has called each kind of store. Calls that an object makes by itself (replicas, backups) do not count, nor
 * does this isolate's memory. A change for the journal counts as one call of Redis, although it takes two commands.
 */
export type StoreCalls = Record<string, number>;

const CALLED = ["object", "principal", ...Object.keys(REPLICAS), ...Object.keys(FALLBACKS)];
const NO_CALLS: StoreCalls = Object.fromEntries(CALLED.map((name) => [name, 0]));

/** The stores that a request may call. */
export interface CalledStores {
  readonly authority: Authority;
  readonly replicas?: Copies | undefined;
  readonly outage?: Outage | undefined;
  readonly locks?: Locks | undefined;
  readonly principals?: Pick<Principals, "reserve"> | undefined;
}

/** No calls yet. */
export function noCalls(): StoreCalls {
  return { ...NO_CALLS };
}

/** The same stores, whose calls count in `calls`. A call that a breaker blocked does not count. */
export function countCalls(stores: CalledStores, calls: StoreCalls): CalledStores {
  const { authority, replicas, outage, locks, principals } = stores;
  async function counted<Answer extends { kind: string }>(
    store: string,
    asking: Promise<Answer>,
    hasAsked: (answer: Answer) => boolean = () => true,
  ): Promise<Answer> {
    count(store, 1);
    const answer = await asking;
    const wasSpared = "cause" in answer && answer.cause instanceof BreakerOpenError;
    if (wasSpared || !hasAsked(answer)) count(store, -1);
    return answer;
  }
  function count(store: string, made: number): void {
    calls[store] = (calls[store] ?? 0) + made;
  }
  return {
    authority: {
      name: authority.name,
      read: (ref, now) => counted(authority.name, authority.read(ref, now)),
      commit: (ref, change) => counted(authority.name, authority.commit(ref, change)),
      takeOver: (id) => counted(authority.name, authority.takeOver(id)),
    },
    replicas: replicas && {
      name: replicas.name,
      read: (ref, now) => counted(replicas.name, replicas.read(ref, now)),
      keep: (copy) => counted(replicas.name, replicas.keep(copy)),
    },
    outage: outage && {
      name: outage.name,
      read: (ref, seen, now) => counted(outage.name, outage.read(ref, seen, now)),
      // The journal is not asked for changes that only the authority can make.
      commit: (ref, change) => counted(outage.name, outage.commit(ref, change), ({ asked }) => asked === true),
      journaledAt: (id) => outage.journaledAt(id),
    },
    locks: locks && {
      lock: (ref, ask) => counted(authority.name, locks.lock(ref, ask)),
      unlock: (id, lease) => counted(authority.name, locks.unlock(id, lease)),
    },
    principals: principals && {
      reserve: (principal, reservation) => counted("principal", principals.reserve(principal, reservation)),
    },
  };
}
