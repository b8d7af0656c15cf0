import type { ResolvedOutlierDetection } from "../../config/resolved.ts";
import { createEjections, type Health } from "./ejections.ts";
import { createSuccessRates } from "./success-rate.ts";

/** Passive outlier detection of one isolate: it knows only what its own requests have met. */
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
  /**
   * A connection to the origin was lost, or it did not answer in time.
   *
   * @returns how many such failures it is running, this one among them.
   */
  failed(index: number, now: number): number;
}

/** What an origin was ejected for, or that it serves again. */
export type HealthChange =
  | { kind: "ejected"; index: number; reason: string; forMs: number }
  | { kind: "returned"; index: number };

/** What outlier detection needs. */
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
 * Ejects origins that do not answer, and if the pool wants that those that answer with errors.
 *
 * When its time is over an origin has to prove itself: its next answer brings it back, its next failure ejects it again. One that
 * did not answer comes back before that, with any answer; one that had answered with errors waits, as an answer says little there.
 */
export function createOutlierDetection({ config, size, random, onChange }: OutlierParts): OutlierDetection {
  const { consecutiveGatewayFailure, consecutive5xx, intervalSeconds } = config;
  const ejections = createEjections(config, size, random);
  const healthy = (index: number) => ejections.of(index, 0) === "healthy";
  const successRates =
    config.successRate && createSuccessRates({ ...config.successRate, intervalSeconds }, size, healthy);
  const failing = new Uint32Array(size);
  const erring = new Uint32Array(size);
  /** Whether the ejection is for errors, not for silence. */
  const forErrors = new Uint8Array(size);

  function eject(index: number, now: number, reason: string, errors: boolean): void {
    const forMs = ejections.eject(index, now);
    if (forMs === undefined) return;
    forErrors[index] = errors ? 1 : 0;
    onChange({ kind: "ejected", index, reason, forMs });
  }

  function count(index: number, isError: boolean, now: number): void {
    erring[index] = isError ? (erring[index] as number) + 1 : 0;
    if (!successRates) return;
    for (const outlier of successRates.count(index, !isError, now)) {
      eject(outlier, now, "its success rate is an outlier", true);
    }
  }

  return {
    of: ejections.of,
    allHealthy: () => ejections.count() === 0,
    answered(index, isError, now) {
      failing[index] = 0;
      count(index, isError, now);
      const errors = erring[index] as number;
      if (consecutive5xx !== undefined && errors >= consecutive5xx) {
        eject(index, now, `${errors} server errors running`, true);
        return;
      }
      const health = ejections.of(index, now);
      if (health === "healthy" || (health === "ejected" && forErrors[index] === 1)) return;
      ejections.giveBack(index, now);
      onChange({ kind: "returned", index });
    },
    failed(index, now) {
      const failures = (failing[index] as number) + 1;
      failing[index] = failures;
      count(index, true, now);
      if (failures >= consecutiveGatewayFailure) eject(index, now, `${failures} gateway failures running`, false);
      return failures;
    },
  };
}
