/**
 * Which lost connections are tried once more on the same origin: connections that may have been closed while they were
 * idle.
 */
export interface SecondTries {
  /** Counts a lost connection to the origin at `index` of the pool; whether it is tried once more there. */
  isDue(index: number): boolean;
  /** The origin answered. */
  answered(index: number): void;
}

/** As many requests at once may meet connections that their origin has just closed; when it loses more, it is gone. */
const MOST_LOST_IDLE = 4;

/**
 * Allows a second try to the first few connections that an origin loses after its last answer. If many requests come at
 * once to an origin that is gone, the rest go on to the next origin. So each of them needs one retry of the budget
 * instead of two.
 *
 * @param size origins in the pool.
 */
export function createSecondTries(size: number): SecondTries {
  const lost = new Uint32Array(size);
  return {
    isDue(index) {
      const losses = (lost[index] as number) + 1;
      lost[index] = losses;
      return losses <= MOST_LOST_IDLE;
    },
    answered(index) {
      lost[index] = 0;
    },
  };
}
