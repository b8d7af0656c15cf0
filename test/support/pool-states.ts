import type { PoolChange } from "../../src/upstream/live/pool-contracts.ts";
import type { PoolState } from "../../src/upstream/live/pool-state.ts";

export const DAY_MS = 86_400_000;

/** A change of the origin `b`, in a pool with the origins `a` and `b`, with the fields that a test sets. */
export function changeOf(action: PoolChange["action"], given: Partial<PoolChange> = {}): PoolChange {
  return { action, origin: "b", others: ["a"], sessionLifeMs: 7 * DAY_MS, ...given };
}

/** A published state with these origins. */
export function poolState(origins: Record<string, PoolState["origins"][number]["closures"]>, version = 1): PoolState {
  return { schema: 1, version, origins: Object.entries(origins).map(([id, closures]) => ({ id, closures })) };
}
