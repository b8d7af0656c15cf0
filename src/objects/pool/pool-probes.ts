import { describeFault, type Log } from "../../log.ts";
import type { ProbedOrigin, ProbeResult, SessionPatience } from "../../upstream/live/pool-contracts.ts";
import type { UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import { isSamePlan, type ProbePlan, type ProbeTarget } from "../../upstream/live/probe-plan.ts";
import type { AskedProbes, PoolRows } from "./pool-rows.ts";
import { afterProbe, describeResult } from "./verdicts.ts";

/** Probes an origin once. @throws the reason why the probe cannot be sent at all. It says nothing about the origin. */
export type SendProbe = (target: ProbeTarget, check: ProbePlan["check"]) => Promise<ProbeResult>;

/** The origins that are due, and the plan by which they are probed. */
export interface ProbeRound {
  readonly asked: AskedProbes;
  /** In milliseconds since 1970. */
  readonly beganAt: number;
  readonly targets: readonly ProbeTarget[];
}

/** The result for an origin of a round, and when it came; or why no probe could be sent. */
export type ProbeOutcome = { readonly target: ProbeTarget } & (
  | { readonly kind: "result"; readonly result: ProbeResult; readonly at: number }
  | { readonly kind: "unsent"; readonly cause: unknown }
);

/** The rows, the clock, and the probe function for the probes of a pool. */
export interface PoolProbesParts {
  readonly rows: PoolRows;
  /** Absent: a prober outside sends the probes, by {@link PoolProbes.due} and {@link PoolProbes.take}. */
  readonly probe?: SendProbe;
  readonly clock: () => number;
  /** A number from 0 (included) to 1 (not included). */
  readonly random: () => number;
  readonly log: Log;
}

/** How long a pool is still probed after the last isolate asked for it, when visitors no longer come. */
export const PATIENCE_MS = 600_000;
/** The time of the last ask is noted again when the note is older than this. */
const NOTE_EVERY_MS = 120_000;
/** How many origins are probed at the same time. A Worker waits for six responses at most. */
const AT_ONCE = 6;
/** The largest random part of an interval that is added to it. */
const JITTER = 0.1;

/** Probes a pool's origins in rounds while isolates ask for it, and keeps the results. */
export class PoolProbes {
  readonly #parts: PoolProbesParts;
  #isProbing = false;

  constructor(parts: PoolProbesParts) {
    this.#parts = parts;
  }

  /**
   * Notes that isolates want this plan. A new plan replaces the plan before. The results of origins that both plans have stay.
   */
  ask(ask: { pool: string; plan: ProbePlan } & SessionPatience): void {
    const { rows, clock } = this.#parts;
    const now = clock();
    const asked = rows.asked();
    const isNew = !asked || !isSamePlan(asked.plan, ask.plan);
    if (!isNew && now - asked.askedAt < NOTE_EVERY_MS) return;
    rows.ask({ ...ask, askedAt: now });
  }

  /** When the alarm begins the next round; `Infinity`: no isolate asks for a round, or a prober outside begins it. */
  dueAt(): number {
    return this.#isProbing || !this.#parts.probe ? Infinity : this.nextAt();
  }

  /** When the next origin is due; `Infinity`: none is. */
  nextAt(): number {
    const asked = this.#wanted();
    return Math.min(Infinity, ...(asked ? this.#planned(asked) : []).map(({ dueAt }) => dueAt));
  }

  /**
   * Probes the origins that are due. An origin that cannot be probed does not hinder the others.
   *
   * @returns whether an origin was due.
   */
  async round(): Promise<boolean> {
    const { probe, clock } = this.#parts;
    const round = this.due();
    if (!probe || !round || this.#isProbing) return false;
    this.#isProbing = true;
    try {
      this.take(round, await probeAll(round, probe, clock));
      return true;
    } finally {
      this.#isProbing = false;
    }
  }

  /** The round that is due now; `undefined`: no origin is due. */
  due(): ProbeRound | undefined {
    const beganAt = this.#parts.clock();
    const asked = this.#wanted();
    if (!asked) return undefined;
    const planned = new Set(
      this.#planned(asked)
        .filter(({ dueAt }) => dueAt <= beganAt)
        .map(keyOf),
    );
    const targets = asked.plan.targets.filter((target) => planned.has(keyOf(target)));
    return targets.length === 0 ? undefined : { asked, beganAt, targets };
  }

  /** Keeps the results of a round, and logs what has changed. */
  take({ asked, beganAt }: ProbeRound, outcomes: readonly ProbeOutcome[]): void {
    const { rows, clock, random } = this.#parts;
    const stretch = 1 + JITTER * random();
    const planned = new Map(this.#planned(asked).map((origin) => [keyOf(origin), origin]));
    const next = outcomes.map((outcome) => {
      const before = planned.get(keyOf(outcome.target)) as ProbedOrigin;
      const after = this.#after(before, outcome, asked);
      const { intervalSeconds, unhealthyIntervalSeconds } = asked.plan.check;
      const seconds = isUnhealthy(after) ? unhealthyIntervalSeconds : intervalSeconds;
      return { ...after, dueAt: Math.ceil(beganAt + seconds * 1_000 * stretch) };
    });
    // Results of other plans stay a while. During a deploy, isolates ask for the old and the new plan in turn.
    const renewed = new Set(next.map(keyOf));
    const isKept = (origin: ProbedOrigin) => origin.dueAt > clock() - PATIENCE_MS && !renewed.has(keyOf(origin));
    rows.probe([...rows.probed().filter(isKept), ...next]);
  }

  /** The origins of the plan that are unhealthy. */
  unhealthy(): readonly UnhealthyOrigin[] {
    const asked = this.#parts.rows.asked();
    if (!asked) return [];
    return this.#planned(asked).flatMap(({ id, verdict }) => {
      if (verdict?.state !== "unhealthy") return [];
      const { since, reason, until } = verdict;
      return [{ id, unhealthy: { since, reason: reason.kind, until } }];
    });
  }

  /** The results for the origins of the plan; empty while they are not probed. */
  known(): readonly ProbedOrigin[] {
    const asked = this.#wanted();
    return asked ? this.#planned(asked) : [];
  }

  /** The result for an origin after a probe. */
  #after(origin: ProbedOrigin, outcome: ProbeOutcome, { pool, plan }: AskedProbes): ProbedOrigin {
    const { log } = this.#parts;
    const about = { pool, origin: origin.id };
    if (outcome.kind === "unsent") {
      log({ event: "probe_failed", ...about, reason: describeFault(outcome.cause) });
      return origin;
    }
    const next = afterProbe(origin, outcome.result, plan.check, outcome.at);
    if (isUnhealthy(next) !== isUnhealthy(origin)) {
      const event = isUnhealthy(next) ? "origin_unhealthy" : "origin_recovered";
      log({ event, ...about, reason: describeResult(outcome.result) });
    }
    return next;
  }

  /** The plan that isolates ask for, unless they last asked too long ago. */
  #wanted(): AskedProbes | undefined {
    const { rows, clock } = this.#parts;
    const asked = rows.asked();
    return asked && clock() - asked.askedAt < PATIENCE_MS ? asked : undefined;
  }

  /** The origins of the plan, in its order. */
  #planned({ plan, askedAt }: AskedProbes): ProbedOrigin[] {
    // All isolates ask for this, even for pools of a thousand origins, so it must be fast.
    const probed = new Map(this.#parts.rows.probed().map((origin) => [keyOf(origin), origin]));
    return plan.targets.map(
      (target) => probed.get(keyOf(target)) ?? { id: target.id, url: target.url, against: 0, dueAt: askedAt },
    );
  }
}

/** Sends the probes of a round. */
export async function probeAll(
  { asked, targets }: ProbeRound,
  probe: SendProbe,
  clock: () => number,
): Promise<ProbeOutcome[]> {
  const queue = [...targets];
  const outcomes: ProbeOutcome[] = [];
  const inTurn = async () => {
    for (let target = queue.shift(); target; target = queue.shift()) {
      try {
        const result = await probe(target, asked.plan.check);
        outcomes.push({ target, kind: "result", result, at: clock() });
      } catch (cause) {
        outcomes.push({ target, kind: "unsent", cause });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
  return outcomes;
}

/** The longest that a round may take, in milliseconds. */
export function longestRoundMs({ check, targets }: ProbePlan): number {
  return Math.ceil(targets.length / AT_ONCE) * check.timeoutMs;
}

/** The longest time from one round to the next, in milliseconds. */
export function longestIntervalMs({ check }: ProbePlan): number {
  return Math.max(check.intervalSeconds, check.unhealthyIntervalSeconds) * 1_000 * (1 + JITTER);
}

function isUnhealthy({ verdict }: ProbedOrigin): boolean {
  return verdict?.state === "unhealthy";
}

/** The key of an origin. The same id at another address is another origin. Neither part contains a space. */
function keyOf({ id, url }: Pick<ProbeTarget, "id" | "url">): string {
  return `${id} ${url}`;
}
