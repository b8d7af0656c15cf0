import {
  longestIntervalMs,
  longestRoundMs,
  type PoolProbes,
  type ProbeOutcome,
  type ProbeRound,
} from "../objects/pool/pool-probes.ts";
import type { SessionPatience } from "../upstream/live/pool-contracts.ts";
import type { ProbePlan } from "../upstream/live/probe-plan.ts";
import type { PoolEntries } from "./pool-entries.ts";

/** The wish of a process to probe a pool. */
export interface RoundAsk extends SessionPatience {
  readonly pool: string;
  readonly plan: ProbePlan;
  /** A random id of the process. */
  readonly by: string;
}

/** Times are milliseconds since 1970. `held`: another process probes the pool. `waiting`: this process does, and no origin is due. */
export type BegunRound =
  | { readonly kind: "begun"; readonly round: ProbeRound }
  | { readonly kind: "waiting"; readonly dueAt: number }
  | { readonly kind: "held"; readonly until: number };

/** `lost`: another process probes the pool by now, so the results were thrown away. */
export type EndedRound = { readonly kind: "ended"; readonly dueAt: number } | { readonly kind: "lost" };

/** The row of a pool in one run. */
export interface RoundRow {
  readonly probes: PoolProbes;
  readonly entries: PoolEntries;
  readonly now: number;
}

/** Which process probes the pool, and until when at least. */
interface Lease {
  readonly by: string;
  readonly until: number;
}

const PROBER = "~prober";
/** How long a process may be late with a round before another takes its place. It also covers clocks that differ. */
const GRACE_MS = 15_000;
/** The largest difference between the clocks of two processes that are ready: each is at most 5 s from the store's. */
const APART_MS = 10_000;

/** Begins a round for the process that probes the pool, or has it become that process. */
export function beginRound({ probes, entries, now }: RoundRow, { by, ...ask }: RoundAsk): BegunRound {
  const lease = entries.kv.get<Lease>(PROBER);
  if (lease && lease.by !== by && isHeld(lease, ask.plan, now)) return { kind: "held", until: lease.until };
  probes.ask(ask);
  const round = probes.due();
  const busyUntil = (round ? now : probes.nextAt()) + longestRoundMs(ask.plan);
  // The last round has renewed the lease already, so a round is one write.
  if (lease?.by !== by || lease.until < busyUntil + GRACE_MS / 3) put(entries, { by, until: busyUntil + GRACE_MS });
  return round ? { kind: "begun", round } : { kind: "waiting", dueAt: probes.nextAt() };
}

/** Keeps the results of a round, if no other process probes the pool by now. */
export function endRound(
  { probes, entries }: RoundRow,
  { by, round, outcomes }: { by: string; round: ProbeRound; outcomes: readonly ProbeOutcome[] },
): EndedRound {
  if (entries.kv.get<Lease>(PROBER)?.by !== by) return { kind: "lost" };
  probes.take(round, outcomes);
  const dueAt = probes.nextAt();
  put(entries, { by, until: dueAt + longestRoundMs(round.asked.plan) + GRACE_MS });
  return { kind: "ended", dueAt };
}

/** A process whose clock was far ahead must not keep all others from probing. */
function isHeld({ until }: Lease, plan: ProbePlan, now: number): boolean {
  return now < until && until <= now + longestIntervalMs(plan) + longestRoundMs(plan) + GRACE_MS + APART_MS;
}

function put(entries: PoolEntries, lease: Lease): void {
  entries.kv.put(PROBER, lease);
}
