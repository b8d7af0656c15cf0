import type { ResolvedOutlierDetection } from "../../config/resolved.ts";

/** Whether an origin may be sent a request. An origin that is `half-open` has to prove itself first. */
export type Health = "healthy" | "half-open" | "ejected";

/** Which origins of a pool are ejected, and for how long. */
export interface Ejections {
  /** Health of the origin at `index` of the pool. */
  of(index: number, now: number): Health;
  /** How many are not healthy. */
  readonly count: number;
  /**
   * Ejects an origin, unless it is ejected already or too many origins are. An origin that fails to prove itself is
   * ejected again.
   *
   * @returns for how long, in milliseconds; `undefined`: this call has ejected no origin.
   */
  eject(index: number, now: number): number | undefined;
  /** Whether an origin that is away has failed to prove itself when its ejection was over. */
  hasFailedProof(index: number): boolean;
  /** The origin serves again. Its count of ejections falls by one for each interval in which it behaves. */
  giveBack(index: number, now: number): void;
}

/**
 * Ejections of one isolate, as in Envoy. The nth consecutive ejection takes n times `baseEjectionSeconds`, at most
 * `maxEjectionSeconds`. A random part of `maxEjectionJitterSeconds` is added, so that isolates do not all come back at
 * once.
 *
 * @param size origins in the pool.
 * @param random a number from 0 (included) to 1 (not included).
 */
export function createEjections(config: ResolvedOutlierDetection, size: number, random: () => number): Ejections {
  const { baseEjectionSeconds, maxEjectionSeconds, maxEjectionJitterSeconds, maxEjectionPercent } = config;
  const intervalMs = config.intervalSeconds * 1000;
  /** When an ejection ends; 0: the origin is healthy. */
  const until = new Float64Array(size);
  const multiplier = new Uint32Array(size);
  const returnedAt = new Float64Array(size);
  const failedProof = new Uint8Array(size);

  function mayEject(): boolean {
    const { count } = ejections;
    return maxEjectionPercent > 0 && (count === 0 || (count + 1) * 100 <= maxEjectionPercent * size);
  }

  const ejections: Ejections & { count: number } = {
    count: 0,
    of(index, now) {
      const end = until[index] as number;
      if (end === 0) return "healthy";
      return now < end ? "ejected" : "half-open";
    },
    eject(index, now) {
      const end = until[index] as number;
      if (now < end) return undefined;
      if (end === 0) {
        if (!mayEject()) return undefined;
        ejections.count++;
        const behaved = Math.floor((now - (returnedAt[index] as number)) / intervalMs);
        multiplier[index] = Math.max(0, (multiplier[index] as number) - behaved);
      }
      failedProof[index] = end === 0 ? 0 : 1;
      const times = ((multiplier[index] as number) + 1) >>> 0;
      multiplier[index] = times;
      const seconds = Math.min(times * baseEjectionSeconds, maxEjectionSeconds);
      const forMs = seconds * 1000 + Math.floor(random() * maxEjectionJitterSeconds * 1000);
      until[index] = now + forMs;
      return forMs;
    },
    hasFailedProof: (index) => until[index] !== 0 && failedProof[index] === 1,
    giveBack(index, now) {
      if (until[index] === 0) return;
      until[index] = 0;
      returnedAt[index] = now;
      ejections.count--;
    },
  };
  return ejections;
}
