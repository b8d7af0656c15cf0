import { safeParse } from "valibot";
import { type PoolState, poolStateSchema } from "./pool-state.ts";

/** The parts of a KV namespace that Moor uses. */
export interface StateNamespace {
  get(key: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

/** KV accepts one write per second for a key. */
export const BETWEEN_KV_WRITES_MS = 1_100;
/** The shortest that KV takes: how long a location may answer from its own cache. */
const CACHE_SECONDS = 30;

/**
 * The published state of a pool; `undefined`: no state has been published.
 *
 * @throws UnreadableStateError for a state that this code cannot read; also any error that KV throws.
 */
export async function readPublished(namespace: StateNamespace, pool: string): Promise<PoolState | undefined> {
  const text = await namespace.get(keyOf(pool), { type: "text", cacheTtl: CACHE_SECONDS });
  return text === null ? undefined : checkedState(parsed(text), `KV holds under ${keyOf(pool)}`);
}

/**
 * A stored state of a pool.
 *
 * @param where its place, for the error.
 * @throws UnreadableStateError for a state that this code cannot read.
 */
export function checkedState(stored: unknown, where: string): PoolState {
  const { success, output } = safeParse(poolStateSchema, stored);
  if (!success) throw new UnreadableStateError(where);
  return output;
}

/**
 * Publishes the state of a pool. The state does not expire: a missing state would mean that no origin is closed. Only
 * the pool's object may call it, one call after the other, because KV cannot compare and set.
 */
export async function publish(namespace: StateNamespace, pool: string, state: PoolState): Promise<void> {
  await namespace.put(keyOf(pool), JSON.stringify(state));
}

/** A stored state that is damaged, or written by newer code. */
export class UnreadableStateError extends Error {
  override readonly name = "UnreadableStateError";

  constructor(where: string) {
    super(`what ${where} is no state of a pool that this version can read`);
  }
}

function keyOf(pool: string): string {
  return `p/${pool}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
