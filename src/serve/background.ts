/** The work that goes on after answers. */
export interface Background {
  /** Keeps work alive, and counts it until it is over. */
  keepAlive(work: Promise<unknown>): void;
  /** How much work is not over yet. */
  pending(): number;
}

/** @param waitUntil keeps work alive for the request that is under way. */
export function createBackground(waitUntil: (work: Promise<unknown>) => void): Background {
  let pending = 0;
  return {
    keepAlive(work) {
      pending += 1;
      const over = () => {
        pending -= 1;
      };
      waitUntil(work.then(over, over));
    },
    pending: () => pending,
  };
}
