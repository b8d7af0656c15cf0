import { describeFault, type Log } from "../../log.ts";
import type { ProbedOrigin, ProbeResult, SessionPatience } from "../../upstream/live/pool-contracts.ts";
import type { UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import { isSamePlan, type ProbePlan, type ProbeTarget } from "../../upstream/live/probe-plan.ts";
import type { AskedProbes, PoolRows } from "./pool-rows.ts";
import { afterProbe, describeResult } from "./verdicts.ts";

/** What the probes of a pool work with. */
export interface PoolProbesParts {
  readonly rows: PoolRows;
  /** @throws what hinders it to be sent at all; that says nothing of the origin. */
  readonly probe: (target: ProbeTarget, check: ProbePlan["check"]) => Promise<ProbeResult>;
  readonly clock: () => number;
  /** A number from 0 (included) to 1 (not included). */
  readonly random: () => number;
  readonly log: Log;
}

/** How long a pool is probed that isolates do not ask for any more: nobody visits it. */
export const PATIENCE_MS = 600_000;
/** How old the note may be of when that was asked last. */
const NOTE_EVERY_MS = 120_000;
/** Origins that are probed at the same time: a Worker waits for six responses at most. */
const AT_ONCE = 6;
/** The random part of an interval that is added to it. */
const JITTER = 0.1;

/** The probes of a pool's origins: rounds of them, while isolates ask for that, and what they have met. */
export class PoolProbes {
  readonly #parts: PoolProbesParts;
  #isProbing = false;

  constructor(parts: PoolProbesParts) {
    this.#parts = parts;
  }

  /** Takes note that isolates want this plan. Another plan replaces the one before; what is known of origins that both have stays. */
  ask(ask: { pool: string; plan: ProbePlan } & SessionPatience): void {
    const { rows, clock } = this.#parts;
    const now = clock();
    const asked = rows.asked();
    const isNew = !asked || !isSamePlan(asked.plan, ask.plan);
    if (!isNew && now - asked.askedAt < NOTE_EVERY_MS) return;
    rows.ask({ ...ask, askedAt: now });
  }

  /** When the next round begins; `Infinity`: none is asked for. */
  dueAt(): number {
    const asked = this.#wanted();
    if (!asked || this.#isProbing) return Infinity;
    return Math.min(Infinity, ...this.#planned(asked).map(({ dueAt }) => dueAt));
  }

  /** Probes the origins that are due. One that cannot be asked hinders no other. */
  async round(): Promise<void> {
    const { clock, random } = this.#parts;
    const began = clock();
    const asked = this.#wanted();
    if (!asked || began < this.dueAt()) return;
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

  /** What is known of the origins of the plan; nothing, while they are not probed. */
  known(): readonly ProbedOrigin[] {
    const asked = this.#wanted();
    return asked ? this.#planned(asked) : [];
  }

  /** What is known of an origin after it was probed. */
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
    // Those of other plans stay a while: during a deploy isolates ask for the one and the other in turn.
    const renewed = new Set(next.map(keyOf));
    const isKept = (origin: ProbedOrigin) => origin.dueAt > clock() - PATIENCE_MS && !renewed.has(keyOf(origin));
    rows.probe([...rows.probed().filter(isKept), ...next]);
  }

  /** What is asked for, unless that is too long ago. */
  #wanted(): AskedProbes | undefined {
    const { rows, clock } = this.#parts;
    const asked = rows.asked();
    return asked && clock() - asked.askedAt < PATIENCE_MS ? asked : undefined;
  }

  /** In the order of the plan. */
  #planned({ plan, askedAt }: AskedProbes): ProbedOrigin[] {
    // All isolates ask for this, for a thousand origins as well.
    const probed = new Map(this.#parts.rows.probed().map((origin) => [keyOf(origin), origin]));
    return plan.targets.map(
      (target) => probed.get(keyOf(target)) ?? { id: target.id, url: target.url, against: 0, dueAt: askedAt },
    );
  }
}

function isUnhealthy({ verdict }: ProbedOrigin): boolean {
  return verdict?.state === "unhealthy";
}

/** What tells origins apart; at another address is another one. Neither part holds a space. */
function keyOf({ id, url }: Pick<ProbeTarget, "id" | "url">): string {
  return `${id} ${url}`;
}
