import type { CopyPolicy } from "../../src/objects/session/copies.ts";
import type { Policy } from "../../src/session/change.ts";
import { createAuthorities } from "./authorities.ts";
import { countedKv } from "./counted-kv.ts";
import { type CountedAuthority, countedAuthority, createEdge } from "./edge.ts";
import { watchedFallback } from "./fallback.ts";

/** The parts of a ladder. */
export interface LadderParts extends Partial<CopyPolicy> {
  readonly policy?: Policy;
}

/** An edge with all its stores in memory: the sessions' authorities, Redis and KV. The clock of all is `Date`, which tests set. */
export function createLadder({ policy, ...copies }: LadderParts = {}) {
  const redis = watchedFallback();
  const kv = countedKv();
  const sessions = createAuthorities({ fallback: redis, replicas: kv.objects.replicas, copies });
  const given = {
    ...(policy ? { policy } : {}),
    replicas: kv.edge.replicas,
    fallback: redis,
    backsUp: copies.backup !== "off",
  };
  const authority: CountedAuthority = countedAuthority(sessions);
  const edge = createEdge({ ...given, authority });

  return {
    edge,
    redis,
    kv,
    sessions,
    /** The authority as this edge reaches it. While it is `down`, this edge cannot reach it. */
    authority,
    /** Another isolate at the edge. It reaches the authority by itself. */
    elsewhere: () => createEdge({ ...given, tokens: edge.tokens, authority: countedAuthority(sessions) }),
    /** Runs `work` while this edge cannot reach the authority. */
    async outage<T>(work: () => Promise<T>): Promise<T> {
      authority.down = true;
      try {
        return await work();
      } finally {
        authority.down = false;
      }
    },
  };
}

export type Ladder = ReturnType<typeof createLadder>;
