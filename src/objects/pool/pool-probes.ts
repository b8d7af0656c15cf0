import { describeFault, type Log } from "../../log.ts";
import type { ProbedOrigin, ProbeResult, SessionPatience } from "../../upstream/live/pool-contracts.ts";
import type { UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import { isSamePlan, type ProbePlan, type ProbeTarget } from "../../upstream/live/probe-plan.ts";
import type { AskedProbes, PoolRows } from "./pool-rows.ts";
import { afterProbe, describeResult } from "./verdicts.ts";

/** The rows, the clock, and the probe function for the probes of a pool. */
export interface PoolProbesParts {
  readonly rows: PoolRows;
  /** @throws the reason why the probe cannot be sent at all. It says nothing about the origin. */
  readonly probe: (target: ProbeTarget, check: ProbePlan["check"]) => Promise<ProbeResult>;
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

  /** When the next round begins; `Infinity`: no isolate asks for a round. */
  dueAt(): number {
    const asked = this.#wanted();
    if (!asked || this.#isProbing) return Infinity;
    return Math.min(Infinity, ...this.#planned(asked).map(({ dueAt }) => dueAt));
  }

  /**
   * Probes the origins that are due. An origin that cannot be probed does not hinder the others.
   *
   * @returns whether an origin was due.
   */
  async round(): Promise<boolean> {
    const { clock, random } = this.#parts;
    const began = clock();
    const asked = this.#wanted();
    if (!asked || began < this.dueAt()) return false;
    this.#isProbing = true;
    try {
      const stretch = 1 + JITTER * random();
      const queue = this.#planned(asked).filter(({ dueAt }) => dueAt <= began);
      const next: ProbedOrigin[] = [];
      const inTurn = async () => {
        for (let origin = queue.shift(); origin; origin = queue.shift()) {
          next.push(await this.#probed(origin, asked, (seconds) => Math.ceil(began + seconds * 1_000 * stretch)));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
      this.#keep(next);
      return true;
    } finally {
      this.#isProbing = false;
    }
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
  async #probed(
    origin: ProbedOrigin,
    { pool, plan: { check, targets } }: AskedProbes,
    after: (seconds: number) => number,
  ): Promise<ProbedOrigin> {
    const { probe, clock, log } = this.#parts;
    const about = { pool, origin: origin.id };
    let next = origin;
    try {
      const result = await probe(
        targets.find(({ id, url }) => id === origin.id && url === origin.url) ?? origin,
        check,
      );
      next = afterProbe(origin, result, check, clock());
      if (isUnhealthy(next) !== isUnhealthy(origin)) {
        const event = isUnhealthy(next) ? "origin_unhealthy" : "origin_recovered";
        log({ event, ...about, reason: describeResult(result) });
      }
    } catch (cause) {
      log({ event: "probe_failed", ...about, reason: describeFault(cause) });
    }
    return { ...next, dueAt: after(isUnhealthy(next) ? check.unhealthyIntervalSeconds : check.intervalSeconds) };
  }

  #keep(next: readonly ProbedOrigin[]): void {
    const { rows, clock } = this.#parts;
    // Results of other plans stay a while. During a deploy, isolates ask for the old and the new plan in turn.
    const renewed = new Set(next.map(keyOf));
    const isKept = (origin: ProbedOrigin) => origin.dueAt > clock() - PATIENCE_MS && !renewed.has(keyOf(origin));
    rows.probe([...rows.probed().filter(isKept), ...next]);
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

function isUnhealthy({ verdict }: ProbedOrigin): boolean {
  return verdict?.state === "unhealthy";
}

/** The key of an origin. The same id at another address is another origin. Neither part contains a space. */
function keyOf({ id, url }: Pick<ProbeTarget, "id" | "url">): string {
  return `${id} ${url}`;
}
