import { DurableObject } from "cloudflare:workers";
import { logToConsole } from "../../log.ts";
import { createReach } from "../reach.ts";
import { PoolAuthority } from "./pool-authority.ts";
import type { PoolChange } from "./pool-changes.ts";
import type { ChangedPool, LookedPool, Probing, Seen, SeenOrigin, SessionPatience } from "./pool-contracts.ts";
import { PoolRows } from "./pool-rows.ts";
import { probe } from "./probe.ts";
import type { ProbePlan } from "./probe-plan.ts";
import { publish, type StateNamespace } from "./published-states.ts";

/** What wrangler binds that a pool's object uses. */
interface PoolObjectBindings {
  /** KV, where isolates read what it says. Without it nothing can be published, and nothing takes effect. */
  readonly SESSION_REPLICAS?: StateNamespace;
}

/**
 * The Durable Object of one pool, named by the pool's id: {@link PoolAuthority} on the object's own storage.
 *
 * Methods take and return one object and are never renamed, since a deploy replaces Worker and objects at different times.
 */
export class PoolObject extends DurableObject<PoolObjectBindings> {
  readonly #authority: PoolAuthority;

  constructor(state: DurableObjectState, env: PoolObjectBindings) {
    super(state, env);
    this.#authority = new PoolAuthority({
      rows: new PoolRows(state.storage),
      alarms: state.storage,
      async publish(pool, known) {
        if (!env.SESSION_REPLICAS) throw new TypeError("SESSION_REPLICAS is not bound");
        await publish(env.SESSION_REPLICAS, pool, known);
      },
      // Without `cf`, as objects do not heed `resolveOverride`: the `Host` of a probe is the origin's.
      probe: async (target, check) => probe(createReach(target, { host: "origin" }, { ...env }), check),
      random: Math.random,
      clock: () => Date.now(),
      log: logToConsole,
    });
  }

  look(ask: SessionPatience): Promise<LookedPool> {
    return this.#authority.look(ask);
  }

  change(ask: { pool: string; change: PoolChange } & SessionPatience): Promise<ChangedPool> {
    return this.#authority.change(ask);
  }

  see(ask: { seen: SeenOrigin[] } & SessionPatience): Promise<Seen> {
    return this.#authority.see(ask);
  }

  probe(ask: { pool: string; plan: ProbePlan } & SessionPatience): Promise<Probing> {
    return this.#authority.probe(ask);
  }

  override alarm(): Promise<void> {
    return this.#authority.alarm();
  }
}
