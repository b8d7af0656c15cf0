import type { ResolvedOutlierDetection } from "../../config/resolved.ts";

/** The share of an origin's requests that is lost, interval by interval. */
export interface Shares {
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
export function createShares(
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
