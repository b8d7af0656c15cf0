import type { ResolvedPool } from "../../config/resolved.ts";
import type { Fault } from "../send/gateway-fault.ts";
import type { Reach } from "../send/reach.ts";
import { createSecondTries } from "../send/retries.ts";
import { type CheckResult, createFailChecks } from "./fail-checks.ts";
import type { OutlierDetection } from "./outlier-detection.ts";
import { createShunned } from "./shunned.ts";

/** An origin did not answer a request. */
export interface Loss {
  /** Of the origin in the pool. */
  readonly index: number;
  readonly kind: Fault;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAt: number;
}

/** Whose request it was. */
export interface Sender {
  /** All evidence from the same client counts once. */
  readonly client: string;
  readonly session: string;
}

/** Judges origins by the requests that they lose, and by checks of the isolate's own. */
export interface LossJudge {
  /**
   * Whether a connection has ever been lost, a request been judged, or an origin been checked. Before that, answers
   * teach the judge nothing: no session keeps away from an origin, and no origin is on trial, or doubtful.
   */
  readonly isUsed: boolean;
  /** A connection to the origin was lost. Returns whether the request is tried once more there. */
  isSecondTryDue(index: number): boolean;
  /** Notes a loss as soon as it is met, whatever it says. */
  note(loss: Loss, sender: Sender, now: number): void;
  /**
   * Judges an origin by a loss when the request is done, and has it checked behind the response.
   *
   * @param verdict `"confirmed"`: another origin has answered the request, or nothing was sent; `"unknown"`: no origin
   * has answered it; `"nothing"`: its client may have broken it off.
   */
  judge(loss: Loss, sender: Sender, verdict: "confirmed" | "unknown" | "nothing", now: number): void;
  /** An origin has answered a session's request. */
  answered(index: number, session: string): void;
  /** Whether an origin answers at all: it has answered somebody since a time, or it answers a check now. */
  answers(index: number, since: number): Promise<boolean>;
  /**
   * Whether a client's request cannot be the reason for an origin's silence: the origin had been silent to a check, or
   * to another client, before a time, and has answered nobody since. Silence to checks that says nothing does not count.
   */
  wasSilentBefore(index: number, client: string, before: number): boolean;
  /**
   * Whether an origin is being checked, or its silence is being weighed, and it has answered nobody since that began.
   * An origin whose silence to checks says nothing is not doubtful.
   */
  isDoubtful(index: number, now: number): boolean;
  /** Has the origins checked that are to prove themselves, to all or to a session. Ejected origins are checked only in panic. */
  checkReturning(session: string, isPanic: boolean, now: number): void;
  /** Whether an origin has failed to prove itself since it was ejected: it was silent to a check, or to the request that tried it. */
  hasFailedProof(index: number, now: number): boolean;
  /** Whether a client's request may try an origin whose ejection is over. */
  mayTry(index: number, client: string, now: number): boolean;
  /** A request tries the origin. No other request does so until this request is done, or late. */
  beginTrial(index: number, now: number): void;
  /** The index of the origin that a session keeps away from, as it has lost its requests. */
  shunnedBy(session: string, now: number): number | undefined;
}

/** The parts that a judge needs. */
export interface LossJudgeParts {
  readonly config: Pick<ResolvedPool, "outlierDetection" | "healthCheck" | "attemptDeadlineMs">;
  /** How each origin is reached by its own name: a client may ask for one that origins do not answer to. */
  readonly reaches: readonly Reach[];
  readonly health: OutlierDetection;
  readonly clock: () => number;
  /** Holds on to work behind the response. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/**
 * Whether an origin's silence to checks is believed.
 *
 * - `"answers"`: the origin has answered a check, or visitors met the same silence.
 * - `"deaf"`: the origin answers visitors but drops checks, for example because of a firewall rule.
 * - `"unknown"`: there is no sign yet.
 */
type Hearing = "unknown" | "answers" | "deaf";

/** A check takes two seconds at most, and so does the check of the other origin. Work that was cut off never ends. */
const MAX_WEIGHING_MS = 4_000;

/** Compiles the judge of a pool's losses. A judge is of no use to a pool of one origin. */
export function createLossJudge({ config, reaches, health, clock, keepAlive }: LossJudgeParts): LossJudge {
  const { baseEjectionSeconds, maxEjectionSeconds, maxEjectionPercent } = config.outlierDetection;
  const isIdle = reaches.length < 2 || maxEjectionPercent === 0;
  const shunned = createShunned(baseEjectionSeconds * 1000, maxEjectionSeconds * 1000, health.answeredAt);
  const secondTries = createSecondTries(reaches.length);
  const hearing = reaches.map((): Hearing => "unknown");
  /**
   * When the check of each origin began whose result is not weighed yet: another origin may still have to answer its
   * check. `-Infinity`: there is no such check.
   */
  const weighedSince = new Float64Array(reaches.length).fill(-Infinity);
  /** From when on visitors may try an origin about which checks say nothing; `Infinity`: checks say something. */
  const trialFrom = new Float64Array(reaches.length).fill(Infinity);
  const checks = createFailChecks(reaches, config.healthCheck, config.attemptDeadlineMs, clock, (index, isError) => {
    hearing[index] = "answers";
    trialFrom[index] = Infinity;
    health.passed(index, isError, clock());
    secondTries.answered(index);
  });

  /** Whether another origin answers checks. If so, the silent origin is at fault itself. */
  async function isOwnFault(index: number): Promise<boolean> {
    if (checks.isAnswerable(clock())) return true;
    const [control] = reaches
      .map((_, other) => other)
      .filter((other) => other !== index)
      .sort((one, other) => health.answeredAt(other) - health.answeredAt(one));
    return control !== undefined && (await checks.check(control)) === "answered";
  }

  function saysNothing(index: number): boolean {
    const isUnheard = hearing[index] === "unknown" && health.of(index, clock()) === "half-open";
    return hearing[index] === "deaf" || isUnheard;
  }

  async function weigh(index: number, result: CheckResult): Promise<void> {
    if (result === "answered") return;
    if (saysNothing(index) || !(await isOwnFault(index))) {
      if (trialFrom[index] === Infinity) trialFrom[index] = clock();
      return;
    }
    trialFrom[index] = Infinity;
    health.failed(index, result === "timeout", clock());
  }

  async function check(index: number): Promise<boolean> {
    losses.isUsed = true;
    weighedSince[index] = clock();
    // The other origin is checked at the same time, because requests wait for the result.
    const [result] = await Promise.all([checks.check(index), isOwnFault(index)]);
    await weigh(index, result);
    weighedSince[index] = -Infinity;
    return result === "answered";
  }

  function checkIfDue(index: number, now: number): void {
    if (checks.isDue(index, now)) keepAlive(check(index));
  }

  function endTrial(index: number, outcome: Hearing): void {
    if (trialFrom[index] === Infinity) return;
    trialFrom[index] = Infinity;
    if (hearing[index] === "unknown") hearing[index] = outcome;
  }

  const losses: LossJudge & { isUsed: boolean } = {
    isUsed: false,
    isSecondTryDue(index) {
      losses.isUsed = true;
      return secondTries.isDue(index);
    },
    note({ index, kind }, { client }, now) {
      if (!isIdle) health.noteLoss(index, client, kind !== "unsent", now);
    },
    judge({ index, kind, sentAt }, { client, session }, verdict, now) {
      if (isIdle) return;
      losses.isUsed = true;
      if (health.hasLostOthersBefore(index, client, now)) checks.distrust(index);
      const isHeard = health.answeredAt(index) > sentAt || checks.hasJustAnswered(index, now);
      const isConfirmed = verdict === "confirmed";
      if (verdict !== "nothing") shunned.lost(session, { index, sentAt, isHeard, isConfirmed }, now);
      if (isConfirmed) {
        if (health.of(index, now) === "half-open") endTrial(index, "answers");
        health.confirmLoss(index, { client, isLate: kind === "timeout", isHeard }, now);
      }
      if (!isHeard) checkIfDue(index, now);
    },
    answered(index, session) {
      secondTries.answered(index);
      shunned.answered(session, index);
      endTrial(index, "deaf");
    },
    async answers(index, since) {
      if (health.answeredAt(index) > since) return true;
      const checked = check(index);
      keepAlive(checked);
      return checked;
    },
    wasSilentBefore(index, client, before) {
      const silentAt = hearing[index] === "deaf" ? undefined : checks.silentAt(index);
      const isKnownSilent = silentAt !== undefined && silentAt < before && health.answeredAt(index) < silentAt;
      return isKnownSilent || health.hasLostOthersBefore(index, client, before);
    },
    isDoubtful(index, now) {
      const since = weighedSince[index] as number;
      const isWeighed = now - since < MAX_WEIGHING_MS;
      return isWeighed && hearing[index] !== "deaf" && health.answeredAt(index) <= since;
    },
    checkReturning(session, isPanic, now) {
      const shunnedBy = shunned.toCheckFor(session, now);
      if (shunnedBy !== undefined) checkIfDue(shunnedBy, now);
      if (isIdle || health.allHealthy()) return;
      for (let index = 0; index < reaches.length; index++) {
        const state = health.of(index, now);
        if (state === "half-open" || (state === "ejected" && isPanic)) checkIfDue(index, now);
      }
    },
    hasFailedProof(index, now) {
      const isUnproved = health.of(index, now) === "half-open" && trialFrom[index] !== Infinity;
      return isUnproved || health.hasFailedProof(index);
    },
    // Another request of a client whose request the origin has lost would prove nothing new, and that client would pay
    // twice.
    mayTry: (index, client, now) => isIdle || (now >= (trialFrom[index] as number) && !health.hasLost(index, client)),
    beginTrial(index, now) {
      if (trialFrom[index] !== Infinity) trialFrom[index] = now + config.attemptDeadlineMs;
    },
    shunnedBy: shunned.by,
  };
  return losses;
}
