import type { OpenedToken } from "../inbound/tokens.ts";
import type { Ref } from "../session/change.ts";
import type { Authority, Copies, Copy, Kept, Lookup } from "./contracts.ts";
import { freshness, MEMORY_AGE_MS, SETTLE_MS } from "./freshness.ts";

/** Which store answered. */
export type Source = "memory" | "object";

/** A lookup and where it came from. */
export type Resolved = Lookup & { source: Source };

/** The stores of a session in the order in which they are asked. */
export interface Tiers {
  /** The record for a request, from the nearest copy that may answer; `strict` asks the authority at once. */
  resolve(ref: Ref, token: OpenedToken, options: { strict: boolean; now: number }): Promise<Resolved>;
  /** Offers the stores nearby a copy that the authority has vouched for. */
  keep(copy: Copy): Promise<Kept>;
}

/** Memory before the authority. */
export function createTiers(memory: Copies, authority: Authority): Tiers {
  const bounds = { ageMs: MEMORY_AGE_MS, settleMs: SETTLE_MS };

  async function keep(copy: Copy): Promise<Kept> {
    // Were a copy kept before the first use of its generation is known, the generation before would be served on.
    return copy.mayBeKept ? memory.keep(copy) : { kind: "older" };
  }

  return {
    keep,
    async resolve(ref, token, { strict, now }) {
      if (!strict) {
        const held = await memory.read(ref, now);
        if (held.kind === "hit" && freshness(held.copy, token, bounds, now) === "fresh") {
          return { ...held, source: "memory" };
        }
      }
      const found = await authority.read(ref, now);
      // Whoever has been told that a session is over must not be shown it again by a copy nearby.
      const news = found.kind === "superseded" ? found.newest : "copy" in found ? found.copy : undefined;
      if (news) await keep(news);
      return { ...found, source: "object" };
    },
  };
}
