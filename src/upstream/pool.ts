import type { ResolvedPool } from "../config/types.ts";
import { createWhrw1 } from "./affinity/whrw1.ts";
import { createOutlierDetection, type Health, type OutlierDetection } from "./health.ts";

/** An origin as a request meets it. */
export interface Origin {
  readonly id: string;
  /** Scheme, host, port and base path, without a slash at its end. */
  readonly base: string;
  readonly index: number;
}

/** Servers that serve the same. */
export interface Pool {
  readonly config: ResolvedPool;
  readonly health: OutlierDetection;
  /**
   * The origins to try for `key`, best first, at most {@link MAX_ORIGINS_TRIED}, never none.
   *
   * @param resendable whether the request could be sent again: only such a one may meet an origin that has to prove itself.
   */
  choose(key: string, options: { resendable: boolean; now: number }): Origin[];
}

/** Origins that one request may try. */
export const MAX_ORIGINS_TRIED = 3;

/** Compiles a pool: affinity by `whrw1`, failed origins ejected by what this isolate's own requests have met. */
export function createPool(config: ResolvedPool): Pool {
  const affinity = createWhrw1(config.origins);
  const health = createOutlierDetection();
  const origins = config.origins.map(({ id, url }, index) => ({ id, base: url.replace(/\/+$/, ""), index }));

  return {
    config,
    health,
    choose(key, { resendable, now }) {
      const mayServe = (state: Health) => state === "healthy" || (resendable && state === "half-open");
      const ejected = Uint8Array.from(origins, ({ index }) => (mayServe(health.of(index, now)) ? 0 : 1));
      const chosen = affinity.order(key, MAX_ORIGINS_TRIED, ejected);
      // Ejected ones come last, not never: health is what this isolate has seen, and that may be old, or its own trouble.
      if (resendable || chosen.length === 0) {
        const all = affinity.order(key, MAX_ORIGINS_TRIED + chosen.length);
        chosen.push(...all.filter((index) => !chosen.includes(index)).slice(0, MAX_ORIGINS_TRIED - chosen.length));
      }
      return chosen.map((index) => origins[index] as Origin);
    },
  };
}
