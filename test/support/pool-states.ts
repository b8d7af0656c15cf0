import type { PoolChange } from "../../src/upstream/live/pool-contracts.ts";
import type { PoolState } from "../../src/upstream/live/pool-state.ts";

export const DAY_MS = 86_400_000;

/** A change of the origin `b`, of a pool that has `a` besides, with whatever a test says. */
export function changeOf(action: PoolChange["action"], given: Partial<PoolChange> = {}): PoolChange {
  return { action, origin: "b", others: ["a"], sessionLifeMs: 7 * DAY_MS, ...given };
}

/** A state that says this of origins. */
export function poolState(origins: Record<string, PoolState["origins"][number]["closures"]>, version = 1): PoolState {
  return { schema: 1, version, origins: Object.entries(origins).map(([id, closures]) => ({ id, closures })) };
}
