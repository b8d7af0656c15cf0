/** Origins that may not be chosen: `1` at the index of an origin that is ejected, `0` elsewhere. */
export type EjectedFlags = Readonly<Uint8Array>;

/** How many tenths of its weight an origin has, at its index. */
export type Steps = Readonly<Uint8Array>;

/** The rule by which the same key meets the same origin. Every isolate of the same configuration decides alike. */
export interface Affinity {
  /** The name of the algorithm, as in the configuration. */
  readonly name: string;
  /**
   * The origins for `key`, best first, as indices into the list that the affinity was created with.
   *
   * @param limit at most so many, a whole number; more than there are origins is all of them, below 1 none.
   * @param ejected left out of the order, which is otherwise unchanged. Empty when no origin is left: what to do then
   * (panic) is the caller's decision.
   * @param steps default: each has its whole weight. An algorithm without weights of its own leaves it out.
   */
  order(key: string, limit: number, ejected?: EjectedFlags, steps?: Steps): number[];
}
