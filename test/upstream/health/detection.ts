import type { ResolvedOutlierDetection } from "../../../src/config/resolved.ts";
import {
  type ConfirmedLoss,
  createOutlierDetection,
  type HealthChange,
} from "../../../src/upstream/health/outlier-detection.ts";
import { OUTLIER_DETECTION } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

/** The outlier detection of a pool, with the events that it has told. */
export function detection(given: Partial<ResolvedOutlierDetection> = {}, size = 6, random = 0) {
  const changes: HealthChange[] = [];
  const health = createOutlierDetection({
    config: { ...OUTLIER_DETECTION, ...given },
    size,
    random: () => random,
    onChange: (change) => changes.push(change),
  });
  return {
    ...health,
    changes,
    state: (seconds: number, index = 0) => health.of(index, at(seconds)),
    /** The origin does not answer a check. */
    fail: (...seconds: number[]) => {
      for (const second of seconds) health.failed(0, false, at(second));
    },
    /** Another origin has answered requests that this origin has lost. */
    lose: (second: number, clients: string[], given: Partial<ConfirmedLoss> = {}, index = 0) => {
      for (const client of clients) {
        health.confirmLoss(index, { client, isLate: false, isHeard: false, ...given }, at(second));
      }
    },
    answer: (second: number, isError = false, index = 0) => health.answered(index, isError, at(second)),
  };
}

/** As many clients as eject an origin by default. */
export const CLIENTS = ["v", "w", "x", "y", "z"];
