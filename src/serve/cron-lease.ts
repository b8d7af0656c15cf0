import type { Unavailable } from "../lib/unavailable.ts";
import type { Transact } from "../rows/row-transactions.ts";

/** Outcome of an ask for the lease. */
export type CronLease = { readonly kind: "taken" } | { readonly kind: "held" } | Unavailable;

const NAME = "cron:lease";
const UNTIL = "until";
/** Shorter than the minute between two runs, so the next run finds it free, at whichever process comes first. */
export const LEASE_MS = 50_000;

/**
 * Takes the lease for the work of the cron trigger. Every process asks each minute, and one has it. If that process dies, another has it a
 * minute later. Work that two processes do at once, because their clocks differ, does no harm: it only costs more.
 *
 * @param clock milliseconds since 1970.
 */
export async function takeCronLease(transact: Transact, clock: () => number): Promise<CronLease> {
  return transact<CronLease>(
    NAME,
    (entries) => (entries.kv.get<number>(UNTIL) ?? 0) + LEASE_MS,
    async (entries) => {
      const now = clock();
      const until = entries.kv.get<number>(UNTIL) ?? 0;
      // A process whose clock was far ahead must not keep all others from the lease.
      if (until > now && until <= now + LEASE_MS) return { kind: "held" };
      entries.kv.put(UNTIL, now + LEASE_MS);
      return { kind: "taken" };
    },
  );
}
