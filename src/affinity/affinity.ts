/** Origins that may not be chosen: `1` at the index of an origin that is ejected, `0` elsewhere. */
export type EjectedFlags = Readonly<Uint8Array>;

/** Tenths of its weight that an origin may have. */
export const ALL_STEPS = 10;

/** How many tenths of its weight an origin has, at its index. */
export type Steps = Readonly<Uint8Array>;

/** An origin as an algorithm sees it. */
export interface WeightedOrigin {
  readonly id: string;
  /** Its share of the keys, relative to the weights of the others. */
  readonly weight: number;
}

/**
 * Makes an affinity for a list of origins.
 *
 * @throws TypeError if {@link checkOrigins} does.
 */
export type CreateAffinity = (origins: readonly WeightedOrigin[]) => Affinity;

/** The rule by which the same key meets the same origin. Every isolate of the same configuration decides alike. */
export interface Affinity {
  /** The name of the algorithm, as in the configuration. */
  readonly name: string;
  /**
   * The origins for `key`, best first, as indices into the list that the affinity was created with.
   *
   * @param limit the most origins to return, a whole number. A limit above the number of origins returns all of them; below 1
   * returns no origin.
   * @param ejected origins to leave out of the order, which is otherwise unchanged. The result is empty when no origin is left.
   * The caller decides how to go on then (panic).
   * @param steps default: each origin has its whole weight. An algorithm without weights of its own ignores it.
   */
  order(key: string, limit: number, ejected?: EjectedFlags, steps?: Steps): number[];
}

/** @throws TypeError for an empty list, a repeated id, or a weight that is not finite and 0 or more. */
export function checkOrigins(origins: readonly WeightedOrigin[]): void {
  if (origins.length === 0) throw new TypeError("origins: found none, accepted: one or more");
  const ids = new Set<string>();
  for (const { id, weight } of origins) {
    if (ids.has(id)) throw new TypeError(`origins: found the id "${id}" twice, accepted: unique ids`);
    ids.add(id);
    if (!(weight >= 0 && weight < Infinity)) {
      throw new TypeError(`origins: found weight ${weight} for "${id}", accepted: finite, 0 or more`);
    }
  }
}
