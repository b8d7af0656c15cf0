import type { RowStore } from "../row-stores/row-store.ts";

/** The state of the store of sessions, as a process sees it. */
export type StoreHealth =
  | { readonly status: "ready"; readonly apartMs: number }
  | { readonly status: "store_unavailable" }
  /** The clock of the store and the clock of this machine differ so much that times of sessions would be wrong. */
  | { readonly status: "clock_apart"; readonly apartMs: number };

/** Clocks that differ by more than this are refused: deadlines of sessions and lives of handoffs go by the clock of each process. */
export const MOST_APART_MS = 5_000;
/** The store is asked once for all who ask within this time. */
const ASKED_EVERY_MS = 500;

/**
 * Asks the store for a row that there never is. The store must answer as its primary, so a replica or a cache counts as unavailable.
 *
 * @param clock milliseconds since 1970.
 */
export function createStoreHealth(store: Pick<RowStore, "read">, clock: () => number): () => Promise<StoreHealth> {
  let last: { readonly askedAt: number; readonly health: StoreHealth } | undefined;

  async function ask(): Promise<StoreHealth> {
    const askedAt = clock();
    const read = await store.read("health:");
    if (read.kind === "unavailable") return { status: "store_unavailable" };
    if (read.storeNow === undefined) return { status: "ready", apartMs: 0 };
    // The store told its time between these two moments.
    const [least, most] = [read.storeNow - clock(), read.storeNow - askedAt];
    const apartMs = least > 0 ? least : Math.min(most, 0);
    return { status: Math.abs(apartMs) > MOST_APART_MS ? "clock_apart" : "ready", apartMs };
  }

  return async () => {
    const askedAt = clock();
    // A clock that was set back must not hold what was known before.
    if (last && Math.abs(askedAt - last.askedAt) < ASKED_EVERY_MS) return last.health;
    const health = await ask();
    last = { askedAt, health };
    return health;
  };
}
