import type { SessionEvent } from "../config/types.ts";
import { withinDeadline } from "../lib/deadline.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import type { CopyPolicy } from "../objects/session/copies.ts";
import type { SessionAuthority } from "../objects/session/session-authority.ts";
import { SessionRows } from "../objects/session/session-rows.ts";
import type { RowStore } from "../row-stores/row-store.ts";
import type { Ref } from "../session/change.ts";
import type {
  Authority,
  Committed,
  Ended,
  LeaseAsk,
  Locked,
  Locks,
  Looked,
  Lookup,
  Unattended,
  Unlocked,
} from "../store/contracts.ts";
import { OBJECT_DEADLINE_MS } from "../store/object-calls.ts";
import type { RowEntries, Rung } from "./row-entries.ts";
import { ask, release } from "./row-leases.ts";
import type { Transact } from "./row-transactions.ts";
import {
  hasNews,
  isIndexDue,
  keepSessionUntil,
  leasesOf,
  type News,
  type Outsiders,
  rowCopies,
  runAlarm,
  runQuietly,
  saveLeases,
} from "./session-work.ts";

/** The store, the clock, and the callbacks of an authority on rows. */
export interface RowAuthorityParts extends Outsiders {
  readonly store: Pick<RowStore, "name" | "isMetered">;
  readonly transact: Transact;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Which sessions have replicas. */
  readonly copies: Pick<CopyPolicy, "replicate">;
  /** Called with each event of a session once it is stored. An event is lost if the answer to its write is lost. */
  readonly tell: (event: SessionEvent) => void;
  /** Keeps work alive that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** An authority on the rows of another store than Durable Objects. */
export interface RowAuthority extends Authority, Unattended, Locks {
  /** Does the work of the session's alarm. */
  ring(id: string): Promise<Rung | Unavailable>;
  /** The same sessions, for the index of their principals, which knows of the ends that it asks for. */
  readonly forIndex: Unattended;
}

/** How many requests may wait for one lease: each of them asks again and again. */
const MOST_WAITING = { metered: 4, unmetered: 64 };
/** The pauses between two questions for a lease, in milliseconds. */
const ASK_AFTER_MS = { least: 50, most: 500 };

/**
 * Sessions whose authority is any store that can compare and write a row. The rules are those of {@link SessionAuthority}, which runs on the
 * entries of the row as storage. There is no journal and no backup, because the store itself is the place where sessions are safe.
 *
 * Gaps beside Durable Objects: leases are kept in the row, so a holder that is lost with its process holds up others until its lease is over.
 * A session that is not stored yet has no lease.
 */
export function createRowAuthority(parts: RowAuthorityParts): RowAuthority {
  const { store, transact, clock, pause, tell, keepAlive, principals } = parts;
  const copies = rowCopies(parts.copies);

  /**
   * Runs work of the authority, and tells the news of the run that took effect.
   *
   * @param indexFirst whether the index must know of the session's login before the answer. The answer to an earlier write may have been
   * lost, so that counts for a login that this run found stored as well.
   */
  async function onRow<Answer>(
    id: string,
    work: (own: SessionAuthority, entries: RowEntries, now: number) => Answer | Promise<Answer>,
    { notAfter, indexFirst = false }: { notAfter?: number; indexFirst?: boolean } = {},
  ): Promise<Answer | Unavailable> {
    const ran = await transact(
      rowOf(id),
      keepSessionUntil,
      async (entries, now) => {
        const news: News = { events: [], forgotten: [] };
        const answer = await runQuietly({ entries, now, outsiders: parts, news }, (own) => work(own, entries, now));
        const mustIndex = indexFirst && principals !== undefined && isIndexDue(entries);
        return { kind: "ran" as const, answer, news, mustIndex, isToRing: mustIndex || hasNews(entries, now) };
      },
      notAfter,
    );
    if (ran.kind === "unavailable") return ran;
    tellNews(ran.news);
    if (ran.isToRing) {
      const told = ring(id);
      if (ran.mustIndex) await withinDeadline(told, OBJECT_DEADLINE_MS).catch(() => keepAlive(told));
      else keepAlive(told);
    }
    return ran.answer;
  }

  function tellNews({ events, forgotten }: News): void {
    for (const event of events) tell(event);
    for (const { principal, id } of forgotten) if (principals) keepAlive(principals.forget(principal, id));
  }

  async function ring(id: string): Promise<Rung | Unavailable> {
    const ran = await transact(rowOf(id), keepSessionUntil, async (entries, now) => {
      const news: News = { events: [], forgotten: [] };
      await runAlarm({ entries, now, outsiders: parts, news });
      return { kind: "ran" as const, news, hasChanged: entries.hasChanged };
    });
    if (ran.kind === "unavailable") return ran;
    tellNews(ran.news);
    return { kind: ran.hasChanged ? "rung" : "unchanged" };
  }

  const unattended = (byIndex: boolean): Unattended => ({
    // The index looks at a session to hear of its login: else an end of all other sessions would also end the session that asks for it.
    look: (id, { attributes = false } = {}) =>
      onRow<Looked>(id, (own) => own.look({ id, attributes, copies }), { indexFirst: true }),
    end: (id) => onRow<Ended>(id, (own) => own.end({ id, byIndex, copies })),
  });

  /** Asks for the lease once. */
  function askFor(ref: Ref, lease: LeaseAsk, waitsUntil: number) {
    return onRow(ref.id, async (own, entries, now) => {
      const leases = leasesOf(entries);
      const waiting = leases.queue.length;
      // Whoever holds a token that nobody knows could have the store written without end.
      const isStored = new SessionRows(entries).load() !== undefined;
      if (!isStored || own.isOver(ref)) return { kind: "over" as const, waiting };
      own.noteWaiting(ref);
      const mostWaiting = store.isMetered ? MOST_WAITING.metered : MOST_WAITING.unmetered;
      const asked = ask(leases, lease, { waitsUntil, mostWaiting, now });
      saveLeases(entries, asked.leases);
      return { kind: asked.kind, waiting: asked.leases.queue.length };
    });
  }

  return {
    name: store.name,
    ...unattended(false),
    forIndex: unattended(true),
    ring,

    read: (ref) => onRow<Lookup>(ref.id, (own) => own.read({ ref, copies })),
    commit: (ref, change) =>
      onRow<Committed>(ref.id, (own) => own.commit({ ref, change, copies }), {
        notAfter: change.expiresAt,
        // Else an end of all sessions would miss a login that its visitor already knows of.
        indexFirst: change.index !== undefined,
      }),
    takeOver: async () => ({ kind: "unavailable", cause: new Error("an authority on rows has no journal") }),

    async lock(ref, lease): Promise<Locked> {
      const askedAt = clock();
      const waitsUntil = askedAt + lease.waitMs;
      for (let pauseMs = ASK_AFTER_MS.least; ; pauseMs = Math.min(pauseMs * 1.5, ASK_AFTER_MS.most)) {
        const asked = await askFor(ref, lease, waitsUntil);
        if (asked.kind === "unavailable") return asked;
        const { kind, waiting } = asked;
        const waitedMs = clock() - askedAt;
        if (kind === "locked" || kind === "over") return { kind, waitedMs, waiting };
        if (kind === "full" || clock() >= waitsUntil) return { kind: "timeout", waitedMs, waiting };
        await pause(Math.min(pauseMs, Math.max(1, waitsUntil - clock())));
      }
    },

    unlock: (id, lease) =>
      onRow<Unlocked>(id, async (_own, entries, now) => {
        saveLeases(entries, release(leasesOf(entries), lease, now));
        return { kind: "unlocked" };
      }),
  };
}

/** The name of a session's row. */
function rowOf(id: string): string {
  return `session:${id}`;
}
