import { type Affinity, ALL_STEPS, checkOrigins, type WeightedOrigin } from "./affinity.ts";
import { encodeUtf8, fmix32, murmur3 } from "./murmur3.ts";

const KEY_SEED_A = 0x9747b28c;
const KEY_SEED_B = 0x5bd1e995;
const ORIGIN_SEED_0 = 0x1b873593;
const ORIGIN_SEED_1 = 0x2545f491;

/**
 * `whrw1`: weighted rendezvous hashing (Schindelhauer and Schomaker 2005; `-ln(u) / w`) as one scan over all origins, with nothing to
 * rebuild.
 *
 * Each origin gets its share of the keys by weight. Removing or ejecting an origin moves only its own keys, each to the next origin of
 * that key's order. Adding an origin, or changing its weight, moves keys only to it or from it. The position of an origin in the list does
 * not matter. The mapping is frozen: test/affinity/vectors.json.
 *
 * @param origins ids unique; weights finite and 0 or more, where 0 gets no key.
 * @param options.salt hashed before every key, so that two affinities of the same keys choose independently. Default: no salt.
 * @throws TypeError for an empty list, a repeated id or a weight out of bounds.
 */
export function createWhrw1(origins: readonly WeightedOrigin[], options: { readonly salt?: string } = {}): Affinity {
  checkOrigins(origins);
  const { salt = "" } = options;
  // Among equal costs, the origin that the scan meets first wins. So all isolates must scan in the same order: by id, by code
  // unit.
  const sorted = origins
    .map(({ id, weight }, index) => ({ id, weight, index }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const count = sorted.length;
  const seeds0 = Uint32Array.from(sorted, ({ id }) => murmur3(encodeUtf8(id), ORIGIN_SEED_0));
  const seeds1 = Uint32Array.from(sorted, ({ id }) => murmur3(encodeUtf8(id), ORIGIN_SEED_1));
  const weights = Float64Array.from(sorted, ({ weight }) => weight);
  const indices = Uint32Array.from(sorted, ({ index }) => index);
  const costs = new Float64Array(count);

  return {
    name: "whrw1",
    order(key, limit, ejected, steps) {
      const bytes = encodeUtf8(salt + key);
      const a = murmur3(bytes, KEY_SEED_A);
      const b = murmur3(bytes, KEY_SEED_B);
      const best: number[] = [];
      if (limit < 1) return best;
      let kept = 0;
      let worst = Infinity;
      for (let i = 0; i < count; i++) {
        const index = indices[i] as number;
        const step = steps ? (steps[index] as number) : ALL_STEPS;
        const whole = weights[i] as number;
        const weight = step < ALL_STEPS ? (whole * step) / ALL_STEPS : whole;
        const draw = drawOf(a, b, seeds0[i] as number, seeds1[i] as number);
        // -log1p(-draw) exceeds draw by more than rounding takes away, so an origin that already loses with the draw itself needs
        // no log.
        if (draw >= worst * weight) continue;
        if (ejected?.[index]) continue;
        const cost = -Math.log1p(-draw) / weight;
        if (kept < limit) kept++;
        else if (cost >= worst) continue;
        let at = kept - 1;
        for (; at > 0 && (costs[at - 1] as number) > cost; at--) {
          costs[at] = costs[at - 1] as number;
          best[at] = best[at - 1] as number;
        }
        costs[at] = cost;
        best[at] = index;
        if (kept === limit) worst = costs[limit - 1] as number;
      }
      return best;
    },
  };
}

/** The number that a key and an origin draw together, evenly spread over (0, 1). */
function drawOf(a: number, b: number, seed0: number, seed1: number): number {
  return (fmix32((fmix32(a ^ seed0) + (b ^ seed1)) | 0) + 0.5) / 0x1_0000_0000;
}
