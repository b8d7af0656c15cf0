import { waitUntil } from "cloudflare:workers";
import type { ResolvedConfig } from "../config/resolved.ts";
import type { SessionEvents } from "../config/types.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { describeFault, type Log } from "../log.ts";
import type { OldSessions } from "../objects/session/owed-end.ts";
import { createTeller } from "../objects/session/teller.ts";
import { bindRowStore, type RowBindings, type RowStoreConfig } from "../row-stores/registry.ts";
import type { RowStore } from "../row-stores/row-store.ts";
import { guardRows } from "../rows/guarded-rows.ts";
import { createRowAuthority } from "../rows/row-authority.ts";
import { createRowPrincipals } from "../rows/row-principals.ts";
import { resealRows } from "../rows/row-reseal.ts";
import { sweepRows } from "../rows/row-sweep.ts";
import { createTransactionsBy } from "../rows/row-transactions.ts";
import { shareConnection } from "../rows/shared-connection.ts";
import type { Breakers } from "../store/breakers.ts";
import type { Connect } from "../store/connected.ts";
import type { Authority, Copies, Locks, Unattended } from "../store/contracts.ts";
import type { Principals } from "../store/principal-contracts.ts";
import { createSeal } from "../store/seal.ts";

/** The bindings of stores of rows. */
export interface RowsEnv extends RowBindings {
  readonly MOOR_STORE_KEYS?: string;
}

/** The parts of an isolate that an authority on rows needs. */
export interface RowsParts {
  readonly breakers: Breakers;
  readonly log: Log;
  readonly replicas: Copies | undefined;
  /** Called with each event of a session, besides the log. */
  readonly events?: SessionEvents | undefined;
  /** The old applications of adopted sessions. Default: there are none. */
  readonly oldSessions?: OldSessions | undefined;
  /** Keeps work alive that goes on after the answer. Default: the runtime does. */
  readonly keepAlive?: ((work: Promise<unknown>) => void) | undefined;
}

/** Sessions whose authority is a store of rows. */
export interface BoundRows {
  readonly authority: Authority;
  readonly unattended: Unattended;
  readonly locks: Locks;
  readonly principals: Principals | undefined;
  readonly connect: Connect | undefined;
  /** The work of the cron trigger. */
  readonly sweep: () => Promise<void>;
}

/**
 * Binds the store of rows that the configuration names as the authority.
 *
 * @param settings its settings there.
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindRows(
  env: RowsEnv,
  settings: Readonly<RowStoreConfig>,
  { stores, principals: indexed }: Pick<ResolvedConfig, "stores" | "principals">,
  { breakers, log, replicas, events, oldSessions, keepAlive: outlast = waitUntil }: RowsParts,
): BoundRows {
  const bound = bindRowStore(env, settings);
  const store = guardRows(bound, breakers.make(bound.name));
  const clock = Date.now;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const ring = parseKeyRing(env.MOOR_STORE_KEYS, "MOOR_STORE_KEYS");
  const seal = createSeal(ring);
  const transactBy = createTransactionsBy({ store, seal, clock, random: Math.random, pause, log });
  const { tell, keepAlive } = createTeller({ log, events, waitUntil: outlast });

  function sessionsBy(connect: RowStore["connect"]) {
    const transact = transactBy(connect);
    // The index and the sessions ask each other.
    const forIndex: Unattended = {
      look: (id, options) => authority.forIndex.look(id, options),
      end: (id) => authority.forIndex.end(id),
    };
    const index = createRowPrincipals({ transact, sessions: forIndex, keepAlive });
    const principals = indexed && index;
    const parts = { store, transact, clock, pause, tell, keepAlive, replicas, principals, oldSessions };
    const authority = createRowAuthority({ ...parts, copies: { replicate: stores.replicate } });
    return { authority, locks: authority, principals, index };
  }

  const { connect } = store;
  const { authority, locks, principals, index } = sessionsBy(connect);

  return {
    authority,
    unattended: authority,
    locks,
    principals,
    connect:
      connect &&
      (() => {
        const shared = shareConnection(connect);
        return { ...sessionsBy(shared.connect), end: shared.end };
      }),
    async sweep() {
      const { rung, freed, left, cause } = await sweepRows({ store, sessions: authority, principals: index, clock });
      if (rung > 0 || freed > 0 || left > 0) log({ event: "sweep", rung, freed, left });
      if (cause !== undefined) log({ event: "sweep_failed", reason: describeFault(cause) });
      else if (left === 0) await resealRows({ store, transact: transactBy(connect), ring, clock, log });
    },
  };
}
