import { setTimeout as sleep } from "node:timers/promises";
import type { Control } from "./control.ts";
import { logEntry } from "./log-lines.ts";

/** The health checks of origins that this process sends, or looks whether it must send. */
export interface Probing {
  /** Ends it, and the round that is under way, if there is one. */
  stop(): Promise<void>;
}

/** After this time a pool is tried again whose Worker has failed. */
const RETRY_MS = 5_000;

/** Has the Worker probe pools, each in its own time. @param pools the ids of the pools that are probed. */
export function startProbing(pools: readonly string[], { ask }: Pick<Control, "ask">): Probing {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function step(pool: string): Promise<number> {
    try {
      return Number((await ask(`probe/${pool}`, signal)).waitMs);
    } catch (fault) {
      if (!signal.aborted) logEntry({ event: "probing_failed", pool, reason: (fault as Error).message });
      return RETRY_MS;
    }
  }
  const loops = pools.map(async (pool) => {
    while (!signal.aborted) await sleep(await step(pool), undefined, { signal }).catch(() => {});
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
