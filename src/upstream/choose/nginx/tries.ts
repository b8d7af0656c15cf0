/** A `server` of an `upstream` block. */
export interface NginxServer {
  /** The address exactly as it is written there; the consistent hash alone looks at it. */
  readonly name: string;
  /** A whole number, 1 or more. */
  readonly weight: number;
  /** In the list and in the sums, but never chosen. */
  readonly down: boolean;
}

/**
 * The servers that an algorithm picks for a key, one for each call. `next` is told whether its last pick had to be
 * skipped.
 */
export type Picks = (key: Uint8Array) => (skipped: boolean) => number;

/** nginx's own limit. Skipped servers count over all tries of a request. */
const MAX_SKIPPED = 20;

/**
 * The first `limit` servers that are picked and need not be skipped. A server that was returned is skipped from then
 * on, as nginx skips a server that the request has tried.
 *
 * @param skips `1` at the index of each server to skip; this function changes it.
 */
export function inTurn(next: (skipped: boolean) => number, limit: number, skips: Uint8Array): number[] {
  const order: number[] = [];
  let skipped = 0;
  let again = false;
  while (order.length < limit && skipped <= MAX_SKIPPED) {
    const index = next(again);
    again = skips[index] === 1;
    if (again) skipped++;
    else {
      order.push(index);
      skips[index] = 1;
    }
  }
  return order;
}

/** Finds the server at a point of the line on which each server takes up as much as it weighs. */
export function createWeightedPick(weights: readonly number[]): (point: number) => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (point) => {
    let left = point % total;
    let index = 0;
    while (left >= (weights[index] as number)) left -= weights[index++] as number;
    return index;
  };
}
