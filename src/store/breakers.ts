import { describeFault, type Log } from "../log.ts";
import { type Breaker, createBreaker } from "./breaker.ts";

/** The circuit breakers of an isolate. Each change of their states is logged. */
export interface Breakers {
  /** Makes the breaker of a store. */
  make(store: string): Breaker;
  /** Every breaker that was made, in that order. Explain shows their states, so the list grows when a breaker is made later. */
  readonly made: readonly Breaker[];
}

/** No breakers yet. */
export function createBreakers(log: Log): Breakers {
  const made: Breaker[] = [];
  return {
    made,
    make(name) {
      const breaker = createBreaker({
        name,
        clock: Date.now,
        random: Math.random,
        onChange: (store, state, cause) =>
          log({
            event: state === "half-open" ? "store_half_open" : `store_${state}`,
            store,
            ...(cause === undefined ? {} : { reason: describeFault(cause) }),
          }),
      });
      made.push(breaker);
      return breaker;
    },
  };
}
