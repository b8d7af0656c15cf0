import { formatAddress, parseAddress } from "../lib/ip-address.ts";
import { describeFault, type Log } from "../log.ts";

/** A rate limiter as Workers bind one (https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/). */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Whether the client of a request may have one more session founded. */
export type FoundingLimit = (request: Request) => Promise<boolean>;

/**
 * Limits how many sessions a client address has founded: each occupies storage, and a token for one costs nothing. Counted
 * per location of Cloudflare and about right, as the platform's limiter does. Who wants to log in is not turned away because
 * the limiter fails: then nothing is limited, and the log says so.
 */
export function createFoundingLimit(limiter: RateLimiter, log: Log): FoundingLimit {
  return async (request) => {
    const address = request.headers.get("CF-Connecting-IP");
    if (address === null) return true;
    try {
      return (await limiter.limit({ key: networkOf(address) })).success;
    } catch (fault) {
      log({ event: "founding_limit_failed", reason: describeFault(fault) });
      return true;
    }
  };
}

/** What one client may choose its addresses from: an IPv4 address alone, of IPv6 its first 64 bits (RFC 6177). */
export function networkOf(address: string): string {
  const bytes = parseAddress(address);
  if (bytes?.length !== 16) return address;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return formatAddress(bytes.slice(12));
  return `${formatAddress(bytes.fill(0, 8))}/64`;
}
