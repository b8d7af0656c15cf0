import type { AskedParts } from "../lib/asked.ts";
import { prefixOf } from "../lib/ip-address.ts";
import { describeFault, type Log } from "../log.ts";
import { createClientAddress } from "./client-address.ts";

/**
 * A rate limiter, in the form in which Workers bind it
 * (https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/).
 */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Whether the client of a request may have another session founded. */
export type FoundingLimit = (request: Pick<AskedParts, "headers">) => Promise<boolean>;

/**
 * Limits how many sessions a client address has founded: each session occupies storage, and a token for a session costs
 * nothing. The platform's limiter counts per location of Cloudflare, and about right. A visitor who wants to log in is
 * not turned away because the limiter fails. In that case nothing is limited, and the log says so.
 *
 * @param trustedProxies see {@link createClientAddress}.
 */
export function createFoundingLimit(limiter: RateLimiter, trustedProxies: readonly string[], log: Log): FoundingLimit {
  const readAddress = createClientAddress(trustedProxies);
  return async ({ headers }) => {
    const address = readAddress ? readAddress(headers) : headers.get("CF-Connecting-IP");
    if (!address) return true;
    try {
      return (await limiter.limit({ key: networkOf(address) })).success;
    } catch (fault) {
      log({ event: "founding_limit_failed", reason: describeFault(fault) });
      return true;
    }
  };
}

/**
 * The network within which a client may choose its addresses: a whole IPv4 address, or the first 64 bits of an IPv6
 * address (RFC 6177).
 */
export function networkOf(address: string): string {
  return prefixOf(address, 32, 64);
}
