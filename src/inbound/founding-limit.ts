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

/** The limiters of a site. An absent one limits nothing. */
export interface FoundingLimiters {
  /** Of the clients of one address. */
  readonly ofAddress: RateLimiter | undefined;
  /** Of all clients. */
  readonly ofSite?: RateLimiter | undefined;
}

/** The one key of the limiter of all clients. */
const SITE = "site";

/**
 * Limits how many sessions the clients of an address, and all clients together, have founded: each session occupies storage, and a token
 * for a session costs nothing. The platform's limiters count per location of Cloudflare, and about right. A visitor who wants to log in is
 * not turned away because a limiter fails. In that case nothing is limited, and the log says so.
 *
 * @param trustedProxies see {@link createClientAddress}.
 */
export function createFoundingLimit(
  { ofAddress, ofSite }: FoundingLimiters,
  trustedProxies: readonly string[],
  log: Log,
): FoundingLimit {
  const readAddress = createClientAddress(trustedProxies);

  async function ask(limiter: RateLimiter, key: string): Promise<boolean> {
    try {
      return (await limiter.limit({ key })).success;
    } catch (fault) {
      log({ event: "founding_limit_failed", reason: describeFault(fault) });
      return true;
    }
  }

  return async ({ headers }) => {
    const address = readAddress ? readAddress(headers) : headers.get("CF-Connecting-IP");
    // An address that is refused does not count for the site.
    if (ofAddress && address && !(await ask(ofAddress, networkOf(address)))) return false;
    return ofSite ? ask(ofSite, SITE) : true;
  };
}

/**
 * The network within which a client may choose its addresses: a whole IPv4 address, or the first 64 bits of an IPv6
 * address (RFC 6177).
 */
export function networkOf(address: string): string {
  return prefixOf(address, 32, 64);
}
