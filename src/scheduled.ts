import { describeFault, type Log } from "./log.ts";
import type { Authority } from "./store/contracts.ts";
import type { Fallback } from "./store/redis-contracts.ts";
import { sweep } from "./store/sweep.ts";

/** What the sweep works with. */
export interface ScheduledParts {
  readonly authority: Authority;
  readonly fallback: Fallback | undefined;
}

/** What a cron trigger runs: has the objects take over what Redis has accepted for them. Without Redis it does nothing. */
export async function runScheduled({ authority, fallback }: ScheduledParts, log: Log): Promise<void> {
  if (!fallback) return;
  const { takenOver, left, cause } = await sweep({ fallback, authority, clock: Date.now });
  if (takenOver > 0 || left > 0) log({ event: "sweep", takenOver, left });
  if (cause !== undefined) log({ event: "sweep_failed", reason: describeFault(cause) });
}
