import { type FoundingLimiters, type RateLimiter, UncountedFounding } from "../inbound/founding-limit.ts";
import type { KeyRing } from "../inbound/token/key-ring.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { Transact } from "../rows/row-transactions.ts";
import { isOneSessions } from "../store/guarded.ts";
import type { FoundingSettings } from "./settings.ts";

/** The store, the keys and the clock of the counts. */
export interface FoundingParts {
  readonly transact: Transact;
  /** Names of rows are made with its first key, so the store keeps no address of a client. */
  readonly ring: KeyRing;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** The limiters of a site whose counts are in its store. */
export type FoundingCounters = { readonly [Name in keyof Required<FoundingLimiters>]: RateLimiter };

const WINDOW_MS = 60_000;
/** All foundings of a site would wait for each other at one row. */
const SHARDS = 16;
const COUNT = "count";

/** How many sessions have been founded within a minute. */
interface Count {
  readonly minute: number;
  readonly founded: number;
}

/**
 * Counts the sessions that are founded, in rows of the store of sessions. So a client has one limit at all processes, and nobody can fill the
 * store by asking each of them.
 *
 * A limiter throws {@link UncountedFounding} if the store does not answer. A flood would otherwise only have to make the store slow: the
 * counts would time out, and the sessions be founded.
 */
export function createFoundingCounter(
  { transact, ring, clock, random }: FoundingParts,
  { perAddress, perSite }: FoundingSettings,
): FoundingCounters {
  async function count(name: string, limit: number): Promise<boolean> {
    const counted = await transact(
      `founding:${await hidden(name, ring)}`,
      // A row that is no longer needed may be freed a minute later.
      (entries) => ((entries.kv.get<Count>(COUNT)?.minute ?? 0) + 2) * WINDOW_MS,
      async (entries, now) => {
        const minute = Math.floor(now / WINDOW_MS);
        const known = entries.kv.get<Count>(COUNT);
        // Clocks differ by seconds, so another process may have begun the next minute already. Both count in that minute then.
        const isCurrent = known?.minute === minute || known?.minute === minute + 1;
        const count = isCurrent ? known : { minute, founded: 0 };
        if (count.founded >= limit) return { kind: "counted" as const, success: false };
        entries.kv.put(COUNT, { ...count, founded: count.founded + 1 });
        return { kind: "counted" as const, success: true };
      },
      clock() + WINDOW_MS,
    );
    if (counted.kind === "counted") return counted.success;
    // So many foundings at once move the row that it cannot be written: that is the flood against which the limit stands.
    if (isOneSessions(counted.cause)) return false;
    throw new UncountedFounding(counted.cause);
  }

  return {
    ofAddress: {
      limit: async ({ key }) => ({ success: await count(`address ${key}`, perAddress) }),
    },
    ofSite: {
      async limit() {
        const shard = Math.floor(random() * SHARDS);
        return { success: await count(`site ${shard}`, Math.ceil(perSite / SHARDS)) };
      },
    },
  };
}

async function hidden(name: string, [{ secret }]: KeyRing): Promise<string> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`moor founding ${name}`));
  return encodeBase64url(new Uint8Array(mac, 0, 16));
}
