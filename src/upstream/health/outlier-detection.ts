import type { ResolvedOutlierDetection } from "../../config/resolved.ts";
import { createEjections, type Health } from "./ejections.ts";
import { createEvidence } from "./evidence.ts";
import { createSuccessRates } from "./success-rate.ts";

/** Passive outlier detection of one isolate. It knows only the results of its own requests and checks. */
export interface OutlierDetection {
  /** Health of the origin at `index` of the pool. */
  of(index: number, now: number): Health;
  /** Whether every origin is healthy. */
  allHealthy(): boolean;
  /**
   * The origin answered.
   *
   * @param isError whether that was a server error, 5xx.
   */
  answered(index: number, isError: boolean, now: number): void;
  /** The origin lost a client's request, whatever that says. It may have taken the request, or nothing was sent. */
  noteLoss(index: number, client: string, isTaken: boolean, now: number): void;
  /** Another origin has answered a request that this origin lost, or nothing of the request was sent. */
  confirmLoss(index: number, loss: ConfirmedLoss, now: number): void;
  /**
   * The origin has answered the isolate's own check.
   *
   * @param isError as above: it does not bring back an origin that was ejected for errors.
   */
  passed(index: number, isError: boolean, now: number): void;
  /** The origin does not answer the isolate's own check, although another origin does. */
  failed(index: number, isLate: boolean, now: number): void;
  /** When it last answered anybody. */
  answeredAt(index: number): number;
  /** Whether it has lost a client's request since it last answered anybody. */
  hasLost(index: number, client: string): boolean;
  /** Whether the origin had lost another client's request before a time, and has answered no request since. */
  hasLostOthersBefore(index: number, client: string, before: number): boolean;
  /** Whether it has failed to prove itself since it was ejected. */
  hasFailedProof(index: number): boolean;
}

/** A loss that is the origin's, not the request's. */
export interface ConfirmedLoss {
  readonly client: string;
  readonly isLate: boolean;
  /** Whether the origin has answered anybody since the request was sent. */
  readonly isHeard: boolean;
}

/**
 * Why an origin was ejected: `silence`: it answers no check; `losses`: it lost requests of clients; `errors`: it answered with too many
 * server errors; `success-rate`: its success rate is an outlier; `unproven`: it failed again when its ejection was over.
 */
export type EjectionCause = "silence" | "losses" | "errors" | "success-rate" | "unproven";

/** The reasons in words, for the log. The causes that are left out have numbers in theirs. */
const REASONS: Readonly<Record<string, string>> = {
  silence: "does not answer",
  "success-rate": "its success rate is an outlier",
  unproven: "has not proved itself",
};

/** Why an origin was ejected, or that it serves again. */
export type HealthChange =
  | { kind: "ejected"; index: number; cause: EjectionCause; reason: string | undefined; forMs: number }
  | { kind: "returned"; index: number };

/** The parts that outlier detection needs. */
export interface OutlierParts {
  readonly config: ResolvedOutlierDetection;
  /** Origins in the pool. */
  readonly size: number;
  /** A number from 0 (included) to 1 (not included). */
  readonly random: () => number;
  /** Is told every change. */
  readonly onChange: (change: HealthChange) => void;
}

/**
 * Ejects origins that do not answer. If the pool says so, it also ejects origins that answer with errors.
 *
 * When the time of an ejection is over, the origin has to prove itself: its next answer brings it back, its next
 * failure ejects it again. An origin that did not answer comes back earlier, with any answer. An origin that had
 * answered with errors waits, because an answer proves little there.
 */
export function createOutlierDetection({ config, size, random, onChange }: OutlierParts): OutlierDetection {
  const { consecutiveGatewayFailure, consecutive5xx, intervalSeconds } = config;
  const ejections = createEjections(config, size, random);
  const healthy = (index: number) => ejections.of(index, 0) === "healthy";
  const successRates =
    config.successRate && createSuccessRates({ ...config.successRate, intervalSeconds }, size, healthy);
  const evidence = Array.from({ length: size }, createEvidence);
  const evidenceOf = (index: number) => evidence[index] as (typeof evidence)[number];
  const shares = createShares(config, size);
  const answeredAt = new Float64Array(size).fill(-Infinity);
  const erring = new Uint32Array(size);
  /** Whether the ejection is for errors, not for silence. */
  const forErrors = new Uint8Array(size);
  /** Whether anything may speak against an origin: lost requests, errors, an ejection. Otherwise a good answer changes nothing. */
  const suspected = new Uint8Array(size);
  /** On the word of clients alone half of the pool may be ejected, as they might agree on it. */
  const mayEjectByClients = () => (ejections.count + 1) * 2 <= size;

  function eject(index: number, now: number, cause: EjectionCause, errors: boolean, reason = REASONS[cause]): void {
    const forMs = ejections.eject(index, now);
    if (forMs === undefined) return;
    forErrors[index] = errors ? 1 : 0;
    suspected[index] = 1;
    onChange({ kind: "ejected", index, cause, reason, forMs });
  }

  function giveBack(index: number, now: number): void {
    const health = ejections.of(index, now);
    if (health === "healthy" || (health === "ejected" && forErrors[index] === 1)) return;
    ejections.giveBack(index, now);
    onChange({ kind: "returned", index });
  }

  function count(index: number, isError: boolean, now: number): void {
    erring[index] = isError ? (erring[index] as number) + 1 : 0;
    if (isError) suspected[index] = 1;
    if (!successRates) return;
    for (const outlier of successRates.count(index, !isError, now)) {
      eject(outlier, now, "success-rate", true);
    }
  }

  function hasTooManyErrors(index: number, now: number): boolean {
    const errors = erring[index] as number;
    if (consecutive5xx === undefined || errors < consecutive5xx) return false;
    eject(index, now, "errors", true, `${errors} consecutive server errors`);
    return true;
  }

  return {
    of: ejections.of,
    allHealthy: () => ejections.count === 0,
    answered(index, isError, now) {
      answeredAt[index] = now;
      shares.answered(index, now);
      if (!isError && !suspected[index] && !successRates) return;
      evidenceOf(index).clear();
      count(index, isError, now);
      if (!hasTooManyErrors(index, now)) giveBack(index, now);
      if (!isError && healthy(index)) suspected[index] = 0;
    },
    noteLoss(index, client, isTaken, now) {
      suspected[index] = 1;
      evidenceOf(index).note(client, isTaken, now);
    },
    confirmLoss(index, { client, isLate, isHeard }, now) {
      count(index, true, now);
      if (hasTooManyErrors(index, now)) return;
      const share = isLate ? undefined : shares.lost(index, client, now);
      const clients = isHeard ? 0 : evidenceOf(index).confirm(client, now);
      if (!isHeard && ejections.of(index, now) === "half-open") eject(index, now, "unproven", false);
      else if (!mayEjectByClients()) return;
      else if (clients >= consecutiveGatewayFailure)
        eject(index, now, "losses", false, `lost requests of ${clients} clients`);
      else if (share)
        eject(index, now, "losses", false, `lost requests of ${share.clients} clients, of ${share.requests}`);
    },
    passed(index, isError, now) {
      answeredAt[index] = now;
      evidenceOf(index).clear();
      const errsAgain = isError && forErrors[index] === 1 && !healthy(index);
      if (errsAgain) eject(index, now, "unproven", true);
      else giveBack(index, now);
    },
    failed(index, isLate, now) {
      // The pages of a single client may hold up all connections of a small server, and its next request has the server checked.
      if (isLate && healthy(index) && evidenceOf(index).isOneClientsLoss()) return;
      eject(index, now, "silence", false);
    },
    answeredAt: (index) => answeredAt[index] as number,
    hasLost: (index, client) => evidenceOf(index).has(client),
    hasLostOthersBefore: (index, client, before) => evidenceOf(index).hasOthersBefore(client, before),
    hasFailedProof: ejections.hasFailedProof,
  };
}

/** The share of an origin's requests that is lost, interval by interval. */
interface Shares {
  answered(index: number, now: number): void;
  /**
   * The origin lost a client's request, and another origin has answered it.
   *
   * @returns how many clients have lost requests there, and how many requests there were, if that is too many.
   */
  lost(index: number, client: string, now: number): { clients: number; requests: number } | undefined;
}

/**
 * Finds origins that lose some requests and answer others. An origin is found if it loses requests of
 * `consecutiveGatewayFailure` clients in an interval, and if these are `failurePercentageThreshold` percent of all.
 * Each client counts once, so no client can reach that alone.
 *
 * @param size origins in the pool.
 */
function createShares(
  { consecutiveGatewayFailure, failurePercentageThreshold, intervalSeconds }: ResolvedOutlierDetection,
  size: number,
): Shares {
  const endsAt = new Float64Array(size);
  const requests = new Uint32Array(size);
  const clients = Array.from({ length: size }, () => new Set<string>());

  function count(index: number, now: number): number {
    if (now >= (endsAt[index] as number)) {
      endsAt[index] = now + intervalSeconds * 1000;
      requests[index] = 0;
      clients[index]?.clear();
    }
    const counted = (requests[index] as number) + 1;
    requests[index] = counted;
    return counted;
  }

  return {
    answered: count,
    lost(index, client, now) {
      const all = count(index, now);
      const losing = (clients[index] as Set<string>).add(client).size;
      const isTooMany = losing >= consecutiveGatewayFailure && losing * 100 >= failurePercentageThreshold * all;
      return isTooMany ? { clients: losing, requests: all } : undefined;
    },
  };
}
