import type { ResolvedConfig } from "../config/resolved.ts";
import { describeFault, type Log } from "../log.ts";
import { probeAll, type SendProbe } from "../objects/pool/pool-probes.ts";
import { probe } from "../objects/pool/probe.ts";
import type { RowPools } from "../rows/row-pools.ts";
import type { RoundAsk } from "../rows/row-rounds.ts";
import { sessionSpans } from "../upstream/live/live-pools.ts";
import { probePlanOf } from "../upstream/live/probe-plan.ts";
import { createReach } from "../upstream/send/reach.ts";
import type { StoreHealth } from "./store-health.ts";

/** A pool, the process, and its ways to the store and to origins. */
export interface ProberParts {
  readonly ask: RoundAsk;
  readonly pools: Pick<RowPools, "beginRound" | "endRound">;
  readonly send: SendProbe;
  readonly storeHealth: () => Promise<StoreHealth>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** The result of a step, and after how many milliseconds the next step is worth it. */
export interface ProbeStep {
  readonly status: "probed" | "waiting" | "held" | "lost" | "paused";
  readonly waitMs: number;
}

/** Does a step. */
export type Prober = () => Promise<ProbeStep>;

/** How long a process waits at most before it looks whether it must probe. */
export const LOOK_EVERY_MS = 5_000;
const LEAST_WAIT_MS = 50;

/**
 * Probes the origins of a pool while this process is the one that does so. To be called again and again. A process that does not reach the
 * store, or whose clock is apart from the store's, probes nothing: it cannot know whether another process probes.
 */
export function createProber({ ask, pools, send, storeHealth, clock, log }: ProberParts): Prober {
  let isTold = false;

  const until = (status: ProbeStep["status"], at: number): ProbeStep => ({
    status,
    waitMs: Math.min(Math.max(at - clock(), LEAST_WAIT_MS), LOOK_EVERY_MS),
  });
  function paused(reason: string): ProbeStep {
    // Once, until it probes again or knows that another process does.
    if (!isTold) log({ event: "probing_paused", pool: ask.pool, reason });
    isTold = true;
    return { status: "paused", waitMs: LOOK_EVERY_MS };
  }

  return async () => {
    const { status } = await storeHealth();
    if (status !== "ready") return paused(status);
    const begun = await pools.beginRound(ask);
    if (begun.kind === "unavailable") return paused(describeFault(begun.cause));
    if (begun.kind === "begun") {
      const outcomes = await probeAll(begun.round, send, clock);
      const ended = await pools.endRound(ask, begun.round, outcomes);
      if (ended.kind === "unavailable") return paused(describeFault(ended.cause));
      isTold = false;
      return ended.kind === "ended" ? until("probed", ended.dueAt) : until("lost", Infinity);
    }
    isTold = false;
    return begun.kind === "held" ? until("held", begun.until) : until("waiting", begun.dueAt);
  };
}

/** The ways of all probers of a process to the store and to origins. */
export interface ProbersParts extends Omit<ProberParts, "ask" | "send"> {
  /** The services of origins, by their bindings. */
  readonly services: Readonly<Record<string, unknown>>;
}

/** The probers of the pools that have a health check, by the ids of the pools. */
export function createProbers(
  { pools, session }: Pick<ResolvedConfig, "pools" | "session">,
  { services, ...parts }: ProbersParts,
): ReadonlyMap<string, Prober> {
  const by = crypto.randomUUID();
  const { awayMs } = sessionSpans(session);
  const send: SendProbe = async (target, check) => probe(createReach(target, { host: "origin" }, services), check);
  const probers = pools.flatMap((config) => {
    const plan = probePlanOf(config);
    if (!plan || plan.targets.length === 0) return [];
    return [[config.id, createProber({ ...parts, send, ask: { pool: config.id, plan, awayMs, by } })] as const];
  });
  return new Map(probers);
}
