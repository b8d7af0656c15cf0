import type { Unavailable } from "../../lib/unavailable.ts";
import type { Probing } from "./pool-contracts.ts";

/** Keeps a pool's object probing, for as long as an isolate serves the pool. */
export interface ProbeAsking {
  /** Asks for it behind the response, if it is time to. To be called for each request. */
  ask(now: number): void;
}

/** How often an isolate asks; the second time may be sooner. */
export const ASK_EVERY_MS = 120_000;
/** When it asks again if it could not. */
export const ASK_AGAIN_MS = 30_000;

/**
 * An isolate that has the origins of a pool probed.
 *
 * @param keepAlive holds on to work behind the response.
 * @param random a number from 0 to below 1. A deploy starts all isolates at once, and without it they would ask at the
 * same moments ever after.
 */
export function createProbing(
  probe: () => Promise<Probing | Unavailable>,
  keepAlive: (work: Promise<unknown>) => void,
  random: () => number,
): ProbeAsking {
  let nextAt = -Infinity;

  async function askAt(now: number): Promise<void> {
    const { kind } = await probe();
    if (kind === "unavailable") nextAt = now + ASK_AGAIN_MS;
  }

  return {
    ask(now) {
      if (now < nextAt) return;
      nextAt = now + ASK_EVERY_MS * (nextAt === -Infinity ? 1 - random() : 1);
      keepAlive(askAt(now));
    },
  };
}
