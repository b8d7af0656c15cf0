import type { SessionEvent } from "../config/types.ts";
import type { CopyPolicy } from "../objects/session/copies.ts";
import type { OldSessions } from "../objects/session/owed-end.ts";
import { mayPublishAt } from "../objects/session/publisher.ts";
import { SessionAuthority } from "../objects/session/session-authority.ts";
import { SessionRows } from "../objects/session/session-rows.ts";
import { deadlineOf } from "../session/deadlines.ts";
import type { Copies } from "../store/contracts.ts";
import type { Principals } from "../store/principal-contracts.ts";
import type { RowEntries } from "./row-entries.ts";
import { isIdle, type Leases, NO_LEASES, spend } from "./row-leases.ts";
import type { KeepUntil } from "./row-transactions.ts";

/** The stores that a session tells of its changes. */
export interface Outsiders {
  /** Absent: there are no replicas. */
  readonly replicas?: Copies | undefined;
  /** Absent: there is no index. */
  readonly principals?: Pick<Principals, "confirm" | "forget"> | undefined;
  /** Absent: no session was adopted from an old application. */
  readonly oldSessions?: OldSessions | undefined;
}

/** News of one run, which may be told only if the run takes effect. */
export interface News {
  readonly events: SessionEvent[];
  /** Sessions that have ended, for the indexes of their principals. */
  readonly forgotten: { readonly principal: string; readonly id: string }[];
}

const LEASES = "lease";
/** Beyond its last use, a row is kept for this long, so that the cron job finds it first and tells of its end. */
const KEPT_LONGER_MS = 10 * 60_000;
const LATER = { kind: "unavailable" as const, cause: new Error("told once the row is written") };

/** How long the row of a session is kept. Every token of the session must meet its record or its tombstone. */
export const keepSessionUntil: KeepUntil = (entries) => {
  const record = new SessionRows(entries).load();
  if (!record) return 0;
  return Math.max(deadlineOf(record), record.foundingDeadline) + KEPT_LONGER_MS;
};

/**
 * Runs the authority's code on the entries of a session's row. The run tells nobody: another writer may have moved the row, and the run is
 * then thrown away. `news` takes all that is to be told. A login and a replica leave a note in the row.
 */
export async function runQuietly<Answer>(
  { entries, now, outsiders, news }: { entries: RowEntries; now: number; outsiders: Outsiders; news: News },
  work: (own: SessionAuthority) => Answer | Promise<Answer>,
): Promise<Answer> {
  const { replicas, principals, oldSessions } = outsiders;
  const quiet: Outsiders = {
    replicas: replicas && { name: replicas.name, read: async () => LATER, keep: async () => LATER },
    principals: principals && {
      confirm: async () => LATER,
      forget: async (principal, id) => {
        news.forgotten.push({ principal, id });
        return { kind: "forgotten" };
      },
    },
    // Only the alarm calls it. Here it stands for the alarm that is to be set.
    oldSessions,
  };
  return run({ entries, now, outsiders: quiet, news }, work);
}

/** Does the work of a session's alarm. Stores outside are told before the row is written, and told again if it is written anew. */
export async function runAlarm(parts: {
  entries: RowEntries;
  now: number;
  outsiders: Outsiders;
  news: News;
}): Promise<void> {
  const rows = new SessionRows(parts.entries);
  // The store may have freed the row, and still have its alarm.
  if (!rows.isForeign() && !rows.load()) return parts.entries.deleteAll();
  await run(parts, (own) => own.alarm());
}

async function run<Answer>(
  { entries, now, outsiders, news }: { entries: RowEntries; now: number; outsiders: Outsiders; news: News },
  work: (own: SessionAuthority) => Answer | Promise<Answer>,
): Promise<Answer> {
  const afterwards: Promise<unknown>[] = [];
  const own = new SessionAuthority({
    storage: entries,
    clock: () => now,
    ...outsiders,
    tell: (event) => news.events.push(event),
    leases: {
      spend(change, record) {
        const spent = spend(leasesOf(entries), change, record, now);
        saveLeases(entries, spent.leases);
        return spent.kind;
      },
    },
    keepAlive: (work) => afterwards.push(work),
  });
  const answer = await work(own);
  // The work after the answer also writes entries, and may begin further work.
  for (let work = afterwards.shift(); work; work = afterwards.shift()) await work;
  entries.isEnd = new SessionRows(entries).load()?.ended !== undefined;
  return answer;
}

/** Whether the index of the principal does not know the session's login yet. */
export function isIndexDue(entries: RowEntries): boolean {
  return new SessionRows(entries).indexing()?.due === true;
}

/** Whether a store outside is to be told now of a login or a change. A store that was out of reach is told again by the alarm. */
export function hasNews(entries: RowEntries, now: number): boolean {
  if (!entries.hasChanged && (entries.alarmAt ?? Number.POSITIVE_INFINITY) > now) return false;
  const outside = new SessionRows(entries).outside();
  return isIndexDue(entries) || (outside.replicaDue === true && now >= mayPublishAt(outside));
}

export function leasesOf(entries: RowEntries): Leases {
  return entries.kv.get<Leases>(LEASES) ?? NO_LEASES;
}

export function saveLeases(entries: RowEntries, leases: Leases): void {
  if (JSON.stringify(leases) === JSON.stringify(leasesOf(entries))) return;
  if (isIdle(leases)) entries.kv.delete(LEASES);
  else entries.kv.put(LEASES, leases);
}

/** How the copies of sessions on rows are kept elsewhere: there is no journal, and no backup. */
export function rowCopies({ replicate }: Pick<CopyPolicy, "replicate">): CopyPolicy {
  return { replicate, backup: "off", strictBackup: false };
}
