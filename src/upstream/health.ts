/** Whether an origin may be sent a request: `half-open` ones only what could be sent again elsewhere. */
export type Health = "healthy" | "half-open" | "ejected";

/** Passive outlier detection of one isolate: it knows only what its own requests have met. */
export interface OutlierDetection {
  /** Health of the origin at `index` of the pool. */
  of(index: number, now: number): Health;
  /** The origin answered. */
  answered(index: number): void;
  /** A connection to the origin was lost, or it did not answer in time. */
  failed(index: number, now: number): void;
}

/** How long a failed origin is left alone before a request that could be sent again tries it. */
export const EJECTION_MS = 10_000;
/** One lost connection may be an idle one that the origin had closed; the second in a row counts. */
const FAILURES_TO_EJECT = 2;

/** Ejects an origin at its second failure running, for {@link EJECTION_MS}, then lets it prove itself. */
export function createOutlierDetection(): OutlierDetection {
  const failing = new Map<number, { failures: number; until: number }>();
  return {
    of(index, now) {
      const state = failing.get(index);
      if (!state || state.failures < FAILURES_TO_EJECT) return "healthy";
      return now < state.until ? "ejected" : "half-open";
    },
    answered(index) {
      if (failing.size > 0) failing.delete(index);
    },
    failed(index, now) {
      failing.set(index, { failures: (failing.get(index)?.failures ?? 0) + 1, until: now + EJECTION_MS });
    },
  };
}
