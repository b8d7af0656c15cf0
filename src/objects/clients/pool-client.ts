import type { Unavailable } from "../../lib/unavailable.ts";
import { createObjectCalls, type ObjectCallsOptions, type ObjectNamespace } from "../../store/object-calls.ts";
import type { Audited } from "../../upstream/live/audit.ts";
import type { FollowReport } from "../../upstream/live/follows.ts";
import type { ChangedPool, LookedPool, Pools, PoolTotals, Probing, Seen } from "../../upstream/live/pool-contracts.ts";
import type { PoolAuthority } from "../pool/pool-authority.ts";
import type { Followed } from "../pool/pool-follows.ts";

/** The methods of `PoolObject`, as a stub offers them. */
type PoolCalls = Pick<PoolAuthority, "look" | "change" | "see" | "probe" | "totals" | "audit" | "audited">;

/** The pools' Durable Objects. Each call may be repeated. */
export function createObjectPools(objects: ObjectNamespace, options: ObjectCallsOptions = {}): Pools {
  const call = createObjectCalls<PoolCalls>(objects, options);
  return {
    look: (pool, ask) => call<LookedPool>(pool, (object) => object.look(ask)),
    change: (pool, ask) => call<ChangedPool>(pool, (object) => object.change({ pool, ...ask })),
    see: (pool, ask) => call<Seen>(pool, (object) => object.see({ pool, ...ask })),
    totals: (pool, ask) => call<PoolTotals>(pool, (object) => object.totals(ask)),
    audit: (pool, ask) => call<{ kind: "kept" }>(pool, (object) => object.audit(ask)),
    audited: (pool, ask) => call<Audited>(pool, (object) => object.audited(ask)),
    probe: (pool, ask) => call<Probing>(pool, (object) => object.probe({ pool, ...ask })),
  };
}

/** The method of `PoolObject` by which isolates follow old sessions. */
interface FollowCalls {
  follow(ask: { from: string; report: FollowReport }): Promise<Followed>;
}

/** The judges of the old sessions that isolates follow, in the objects of the old applications' pools. */
export interface FollowJudges {
  /** @param pool the id of the old application's pool. */
  report(pool: string, from: string, report: FollowReport): Promise<Followed | Unavailable>;
}

export function createFollowJudges(objects: ObjectNamespace): FollowJudges {
  const call = createObjectCalls<FollowCalls>(objects, {});
  return { report: (pool, from, report) => call<Followed>(pool, (object) => object.follow({ from, report })) };
}
