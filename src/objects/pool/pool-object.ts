import { DurableObject } from "cloudflare:workers";
import { leftOut } from "../../lib/build-flags.ts";
import { logToConsole } from "../../log.ts";
import type { AuditEntry, Audited } from "../../upstream/live/audit.ts";
import type { FollowReport } from "../../upstream/live/follows.ts";
import type {
  ChangedPool,
  LookedPool,
  PoolChange,
  PoolTotals,
  Probing,
  Seen,
  SeenOrigin,
  SessionPatience,
} from "../../upstream/live/pool-contracts.ts";
import type { ProbePlan } from "../../upstream/live/probe-plan.ts";
import { BETWEEN_KV_WRITES_MS, publish, type StateNamespace } from "../../upstream/live/published-states.ts";
import type { Report } from "../../upstream/live/report.ts";
import { createReach } from "../../upstream/send/reach.ts";
import { PoolAuthority } from "./pool-authority.ts";
import { type Followed, PoolFollows } from "./pool-follows.ts";
import { PoolRows } from "./pool-rows.ts";
import { probe } from "./probe.ts";
import { createSendNote } from "./send-note.ts";

/** The bindings of wrangler that a pool's object uses. */
interface PoolObjectBindings {
  /**
   * KV, from which isolates read the state of the pool. Without it the object can publish no state, and no change takes effect.
   */
  readonly SESSION_REPLICAS?: StateNamespace;
  /** Signs what the webhook tells operators. */
  readonly MOOR_WEBHOOK_SECRET?: string;
}

/**
 * The Durable Object of one pool, named by the pool's id: {@link PoolAuthority} on the object's own storage.
 *
 * Methods take and return one object and are never renamed, because a deploy replaces Worker and objects at different times.
 */
export class PoolObject extends DurableObject<PoolObjectBindings> {
  readonly #authority: PoolAuthority | undefined;
  readonly #follows: PoolFollows | undefined;

  constructor(state: DurableObjectState, env: PoolObjectBindings) {
    super(state, env);
    this.#authority = typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS ? createAuthority(state, env) : undefined;
    this.#follows =
      typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
        ? new PoolFollows({ storage: state.storage, clock: () => Date.now(), log: logToConsole })
        : undefined;
  }

  look(ask: SessionPatience): Promise<LookedPool> {
    return this.#asked.look(ask);
  }

  change(ask: { pool: string; change: PoolChange } & SessionPatience): Promise<ChangedPool> {
    return this.#asked.change(ask);
  }

  see(ask: { pool?: string; seen: SeenOrigin[]; report?: Report } & SessionPatience): Promise<Seen> {
    return this.#asked.see(ask);
  }

  probe(ask: { pool: string; plan: ProbePlan } & SessionPatience): Promise<Probing> {
    return this.#asked.probe(ask);
  }

  totals(ask: { watches: boolean } & SessionPatience): Promise<PoolTotals> {
    return this.#asked.totals(ask);
  }

  audit(ask: { entry: AuditEntry }): Promise<{ kind: "kept" }> {
    return this.#asked.audit(ask);
  }

  audited(ask: { most: number }): Promise<Audited> {
    return this.#asked.audited(ask);
  }

  async follow(ask: { from: string; report: FollowReport }): Promise<Followed> {
    return this.#follows?.report(ask.from, ask.report) ?? leftOut("MOOR_ADOPTION", "a pool's object is asked");
  }

  override async alarm(): Promise<void> {
    // If the build leaves the authority out after the alarm was set, no isolate asks for probes any more.
    await this.#authority?.alarm();
  }

  get #asked(): PoolAuthority {
    return this.#authority ?? leftOut("MOOR_OPERATORS", "a pool's object is asked");
  }
}

function createAuthority(state: DurableObjectState, env: PoolObjectBindings): PoolAuthority {
  const { storage } = state;
  const clock = () => Date.now();
  return new PoolAuthority({
    rows: new PoolRows(storage),
    alarms: storage,
    async publish(pool, known) {
      if (!env.SESSION_REPLICAS) throw new TypeError("SESSION_REPLICAS is not bound");
      await publish(env.SESSION_REPLICAS, pool, known);
    },
    betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
    // The request is sent without `cf`, because objects ignore `resolveOverride`. The `Host` of a probe is the origin's.
    probe: async (target, check) => probe(createReach(target, { host: "origin" }, { ...env }), check),
    random: Math.random,
    sendNote: createSendNote(env.MOOR_WEBHOOK_SECRET ?? "", clock),
    keepAlive: (work) => state.waitUntil(work),
    clock,
    log: logToConsole,
  });
}
