import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import type { SessionEvent } from "../../src/config/types.ts";
import type { LogEntry } from "../../src/log.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createRowAuthority, type RowAuthority } from "../../src/rows/row-authority.ts";
import { createRowPrincipals } from "../../src/rows/row-principals.ts";
import { sweepRows } from "../../src/rows/row-sweep.ts";
import { createRowTransactions } from "../../src/rows/row-transactions.ts";
import type { Copies, Unattended } from "../../src/store/contracts.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import { createSeal } from "../../src/store/seal.ts";
import { macRing } from "../support/rings.ts";
import { changeAt } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

/** The answer of a store that is away. */
export const DOWN = { kind: "unavailable" as const, cause: new Error("down") };

/** A login of alice, who may have two sessions. */
export function login(now = T0) {
  const limit = { sessions: 2, onTooMany: "end-oldest" as const };
  return changeAt(now, { principal: "alice", index: { where: { country: "", colo: "", device: "" }, limit } });
}

/** What an isolate with an authority on rows is made of. */
export interface RowsWorldOptions {
  /** Default: rows in memory, whose clock is `Date`. */
  readonly rows?: RowsInMemory;
  /** Stands between the isolate and the rows. */
  readonly through?: (store: RowStore) => RowStore;
  readonly replicas?: Copies;
  /** Whether sessions are indexed. Default `false`. */
  readonly indexed?: boolean;
  /** Stands between the sessions and the index. */
  readonly throughIndex?: (principals: Principals) => Principals;
  readonly isMetered?: boolean;
}

/** An isolate whose authority is a store of rows. Its clock is `Date`, which the tests set. */
export function createRowsWorld(options: RowsWorldOptions = {}) {
  const clock = () => Date.now();
  const rows = options.rows ?? createRowsInMemory({ clock, isMetered: options.isMetered ?? false });
  const store = options.through?.(rows.store) ?? rows.store;
  const events: SessionEvent[] = [];
  const lines: LogEntry[] = [];
  let afterwards: Promise<unknown>[] = [];
  // A pause is another turn of the loop, so that other writers go on meanwhile.
  const pauses: number[] = [];
  const pause = (ms: number) => {
    pauses.push(ms);
    return new Promise((resolve) => setTimeout(resolve, 0));
  };
  const transact = createRowTransactions({
    store,
    seal: createSeal(macRing(1)),
    clock,
    random: Math.random,
    pause,
    log: (line) => lines.push(line),
  });
  const keepAlive = (work: Promise<unknown>) => void afterwards.push(work);
  const sessions: Unattended = {
    look: (id, asked) => authority.forIndex.look(id, asked),
    end: (id) => authority.forIndex.end(id),
  };
  const index = createRowPrincipals({ transact, sessions, keepAlive });
  const through = { ...index, ...options.throughIndex?.(index) };
  const principals = options.indexed ? through : undefined;
  const authority: RowAuthority = createRowAuthority({
    store,
    transact,
    clock,
    pause,
    copies: { replicate: "always" },
    replicas: options.replicas,
    principals,
    tell: (event) => events.push(event),
    keepAlive,
  });

  return {
    rows,
    authority,
    principals: through,
    events,
    lines,
    /** How long it was to wait, each time, in milliseconds. */
    pauses,
    sweep: () => sweepRows({ store, sessions: authority, principals: index, clock }),
    async settled() {
      while (afterwards.length > 0) {
        const work = afterwards;
        afterwards = [];
        await Promise.all(work);
      }
    },
  };
}

export type RowsWorld = ReturnType<typeof createRowsWorld>;
