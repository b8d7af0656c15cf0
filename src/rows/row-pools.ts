import type { Unavailable } from "../lib/unavailable.ts";
import type { Log, LogEntry } from "../log.ts";
import type { FollowJudges } from "../objects/clients/pool-client.ts";
import { PoolAuthority } from "../objects/pool/pool-authority.ts";
import { type Followed, PoolFollows } from "../objects/pool/pool-follows.ts";
import { PoolProbes, type PoolProbesParts, type ProbeOutcome, type ProbeRound } from "../objects/pool/pool-probes.ts";
import { type KnownPool, PoolRows } from "../objects/pool/pool-rows.ts";
import type { Audited } from "../upstream/live/audit.ts";
import {
  type ChangedPool,
  type LookedPool,
  type Pools,
  PUBLISHING_MS,
  type Seen,
} from "../upstream/live/pool-contracts.ts";
import { type PoolState, withUnhealthy } from "../upstream/live/pool-state.ts";
import { checkedState } from "../upstream/live/published-states.ts";
import { boundCount } from "../upstream/live/sightings.ts";
import { PoolEntries } from "./pool-entries.ts";
import { type BegunRound, beginRound, type EndedRound, endRound, type RoundAsk, type RoundRow } from "./row-rounds.ts";
import type { KeepUntil, Transact } from "./row-transactions.ts";

/** The store, the clock and the log of pools on rows. */
export interface RowPoolsParts {
  readonly transact: Transact;
  /** The id of the key that seals now. */
  readonly key: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** The pools' live state on the rows of a store. */
export interface RowPools extends Pools {
  /** The state of a pool, for isolates to act on; `undefined`: there has never been a change. @throws the reason why it could not be read. */
  read(pool: string): Promise<PoolState | undefined>;
  /** Does the work of a pool's alarm, if it is due. To be called each minute, for each pool. */
  ring(pool: string): Promise<{ readonly kind: "rung" } | Unavailable>;
  /** Begins a round of probes, if this process is the one that probes the pool. */
  beginRound(ask: RoundAsk): Promise<BegunRound | Unavailable>;
  /** Keeps the results of a round, and publishes what has changed. */
  endRound(ask: RoundAsk, round: ProbeRound, outcomes: readonly ProbeOutcome[]): Promise<EndedRound | Unavailable>;
  /** The judges of the old sessions that processes follow, on the rows of the old applications' pools. */
  readonly followJudges: FollowJudges;
}

/** How many actions of operators the row of a pool keeps: as many as the admin API shows. */
const MOST_ENTRIES = 200;
/** A row without its state would mean that no origin is closed, so it is kept for longer than any site stands still: ten years. */
const KEPT_MS = 10 * 366 * 86_400_000;
const NO_WEBHOOK = new Error("pools on rows have no webhook");

interface OnRow extends RoundRow {
  readonly own: PoolAuthority;
  readonly rows: PoolRows;
  /** Takes the lines of this run. */
  readonly note: Log;
}

/**
 * Pools whose authority is a row of the store of sessions for each pool. The rules are those of {@link PoolAuthority}, which runs on the
 * entries of the row as storage. A change is published by the write that stores it.
 *
 * Gaps beside Durable Objects: there are no webhook and no totals. The alarm rings with the cron job, so up to a minute late. Probes are no
 * work of the alarm: a round takes longer than a transaction may, so it is begun by one transaction and ended by another.
 */
export function createRowPools({ transact, key, clock, random, log }: RowPoolsParts): RowPools {
  /** The newest state of each pool that this isolate has met. */
  const newest = new Map<string, KnownPool>();
  const keep: KeepUntil = () => clock() + KEPT_MS;

  /** Runs work of the authority, and logs the lines of the run that took effect. */
  async function onRow<Answer>(
    pool: string,
    work: (row: OnRow) => Promise<Answer>,
    { notAfter, isKept = () => false }: { notAfter?: number; isKept?: (answer: Answer) => boolean } = {},
  ): Promise<Answer | Unavailable> {
    const ran = await transact(
      `pool:${pool}`,
      keep,
      async (row, readAt) => {
        const entries = new PoolEntries(row);
        const rows = new PoolRows(entries, MOST_ENTRIES);
        // The clocks of processes differ. A publication must not wait for the clock of the process before.
        const now = Math.max(readAt, rows.known()?.published?.at ?? readAt);
        const lines: LogEntry[] = [];
        if (await restore(pool, { rows, entries, now })) lines.push({ event: "pool_state_set_back", pool });
        const note: Log = (line) => lines.push(line);
        const parts = { rows, clock: () => now, random, log: note };
        const [own, probes] = [authorityOn(entries, parts), new PoolProbes(parts)];
        const answer = await work({ own, rows, probes, entries, now, note });
        entries.save(key);
        row.isEnd = isKept(answer);
        return { kind: "ran" as const, answer, lines, known: rows.known() };
      },
      notAfter,
    );
    if (ran.kind === "unavailable") return ran;
    for (const line of ran.lines) log(line);
    if (ran.known) newest.set(pool, ran.known);
    return ran.answer;
  }

  /**
   * A store that has lost changes, as after a failover, gets back the state on which this isolate acts. Else isolates that know the lost state
   * would take no further change before its version is newer.
   */
  async function restore(
    pool: string,
    { rows, entries, now }: Pick<OnRow, "rows" | "entries" | "now">,
  ): Promise<boolean> {
    const known = newest.get(pool);
    if (!known || versionOf(known) <= versionOf(rows.known())) return false;
    rows.know(known);
    // The alarm may be lost as well.
    await entries.alarms.setAlarm(now);
    return true;
  }

  return {
    look: (pool, ask) => onRow<LookedPool>(pool, ({ own }) => own.look(ask)),
    change: (pool, ask) =>
      onRow<ChangedPool>(pool, ({ own }) => own.change({ pool, ...ask }), {
        // The named times hold only if isolates can read the change by then.
        notAfter: clock() + PUBLISHING_MS,
        isKept: ({ kind }) => kind === "changed",
      }),
    async see(pool, { seen, awayMs }) {
      if (seen.length === 0) return { kind: "seen" };
      return onRow<Seen>(pool, async ({ own, rows, now }) => {
        const answer = await own.see({ pool, seen, awayMs });
        // The sightings of an origin that is no longer in the pool would stay in the row for good.
        for (const [origin, windows] of rows.allSeen())
          if (boundCount(windows, now, awayMs) === 0) rows.see(origin, []);
        return answer;
      });
    },
    audit: (pool, ask) => onRow<{ kind: "kept" }>(pool, ({ own }) => own.audit(ask)),
    audited: (pool, ask) => onRow<Audited>(pool, ({ own }) => own.audited(ask)),
    // Processes need no visitor who has them ask: they know the plan, and look by themselves whether they must probe.
    probe: async () => ({ kind: "probing" }),

    async read(pool) {
      const read = await onRow(pool, async ({ rows }) => ({ kind: "read" as const, known: rows.known() }));
      if (read.kind === "unavailable") throw read.cause;
      if (!read.known) return undefined;
      const { state, published } = read.known;
      return checkedState(withUnhealthy(state, published?.unhealthy ?? []), `the row of the pool ${pool} holds`);
    },

    ring: (pool) =>
      onRow(pool, async ({ own, entries, now }) => {
        if (entries.takeAlarm(now)) await own.alarm();
        if (entries.isSealedByOther(key)) entries.rewrite();
        return { kind: "rung" as const };
      }),

    beginRound: (ask) => onRow<BegunRound>(ask.pool, async (row) => beginRound(row, ask)),
    endRound: ({ pool, by }, round, outcomes) =>
      onRow<EndedRound>(pool, async (row) => {
        const ended = endRound(row, { by, round, outcomes });
        // It publishes verdicts that have changed.
        if (ended.kind === "ended") await row.own.alarm();
        return ended;
      }),
    followJudges: {
      report: (pool, from, report) =>
        onRow<Followed>(pool, async ({ entries, now, note }) =>
          new PoolFollows({ storage: entries, clock: () => now, log: note, keepsLiving: true }).report(from, report),
        ),
    },
  };
}

function authorityOn(entries: PoolEntries, parts: PoolProbesParts): PoolAuthority {
  return new PoolAuthority({
    ...parts,
    alarms: entries.alarms,
    publish: async () => {},
    betweenPublicationsMs: 0,
    sendNote: () => Promise.reject(NO_WEBHOOK),
    keepAlive: () => {},
  });
}

function versionOf(known: KnownPool | undefined): number {
  return known?.state.version ?? 0;
}
