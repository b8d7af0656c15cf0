import { BreakerOpenError } from "./breaker.ts";
import type { Authority, Copies, Locks } from "./contracts.ts";
import type { Outage } from "./outage.ts";
import type { Principals } from "./principal-contracts.ts";

/**
 * How often a request has called each kind of store. Calls that an object makes by itself (replicas, backups) do not count, nor
 * does this isolate's memory. A change for the journal counts as one call of Redis, although it takes two commands.
 */
export interface StoreCalls {
  /** Durable Objects of sessions. */
  object: number;
  /** Durable Objects of principals. */
  principal: number;
  kv: number;
  redis: number;
}

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
  return { object: 0, principal: 0, kv: 0, redis: 0 };
}

/** The same stores, whose calls count in `calls`. A call that a breaker blocked does not count. */
export function countCalls(stores: CalledStores, calls: StoreCalls): CalledStores {
  const { authority, replicas, outage, locks, principals } = stores;
  async function counted<Answer extends { kind: string }>(
    store: keyof StoreCalls,
    asking: Promise<Answer>,
    hasAsked: (answer: Answer) => boolean = () => true,
  ): Promise<Answer> {
    calls[store]++;
    const answer = await asking;
    const wasSpared = "cause" in answer && answer.cause instanceof BreakerOpenError;
    if (wasSpared || !hasAsked(answer)) calls[store]--;
    return answer;
  }
  return {
    authority: {
      read: (ref, now) => counted("object", authority.read(ref, now)),
      commit: (ref, change) => counted("object", authority.commit(ref, change)),
      takeOver: (id) => counted("object", authority.takeOver(id)),
    },
    replicas: replicas && {
      name: replicas.name,
      read: (ref, now) => counted("kv", replicas.read(ref, now)),
      keep: (copy) => counted("kv", replicas.keep(copy)),
    },
    outage: outage && {
      read: (ref, seen, now) => counted("redis", outage.read(ref, seen, now)),
      // The journal is not asked for changes that only the authority can make.
      commit: (ref, change) => counted("redis", outage.commit(ref, change), ({ marks }) => marks === true),
      journaledAt: (id) => outage.journaledAt(id),
    },
    locks: locks && {
      lock: (ref, ask) => counted("object", locks.lock(ref, ask)),
      unlock: (id, lease) => counted("object", locks.unlock(id, lease)),
    },
    principals: principals && {
      reserve: (principal, reservation) => counted("principal", principals.reserve(principal, reservation)),
    },
  };
}
