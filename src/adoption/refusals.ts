import { createClientAddress } from "../inbound/client-address.ts";
import { networkOf, type RateLimiter } from "../inbound/founding-limit.ts";
import type { ReadHeaders } from "../lib/asked.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { describeFault, type Log } from "../log.ts";

/** The cookies that opened nothing, and the clients that sent too many of them. */
export interface Refusals {
  /** Whether the cookie opened nothing a moment ago. Then nothing is asked about it again. */
  isKnown(cookie: string, now: number): boolean;
  /** Whether the client's network has sent so many cookies which opened nothing that nothing is asked for it. */
  isLimited(headers: ReadHeaders, now: number): boolean;
  /** Notes a cookie that opened nothing. */
  note(cookie: string, headers: ReadHeaders, now: number): Promise<void>;
}

/** How long a cookie that opened nothing is remembered, and a network that is over its limit: a minute, in milliseconds. */
const REMEMBERED_MS = 60_000;
const REMEMBERED = 8_192;

/**
 * Counts the cookies that opened nothing for the network of each client. The platform's limiter counts per location. Cookies that open a
 * session are not counted, because a whole office may move on one morning.
 *
 * @param trustedProxies see {@link createClientAddress}.
 */
export function createRefusals(limiter: RateLimiter, trustedProxies: readonly string[], log: Log): Refusals {
  const readAddress = createClientAddress(trustedProxies);
  const cookies = new BoundedMap<string, number>(REMEMBERED);
  const networks = new BoundedMap<string, number>(REMEMBERED);
  const isRecent = (at: number | undefined, now: number) => at !== undefined && now < at + REMEMBERED_MS;

  function networkIn(headers: ReadHeaders): string | undefined {
    const address = readAddress ? readAddress(headers) : headers.get("CF-Connecting-IP");
    return address ? networkOf(address) : undefined;
  }

  return {
    isKnown: (cookie, now) => isRecent(cookies.get(cookie), now),
    isLimited(headers, now) {
      const network = networkIn(headers);
      return network !== undefined && isRecent(networks.get(network), now);
    },
    async note(cookie, headers, now) {
      cookies.set(cookie, now);
      const network = networkIn(headers);
      if (network === undefined) return;
      try {
        const { success } = await limiter.limit({ key: `adopt ${network}` });
        if (!success) networks.set(network, now);
      } catch (fault) {
        log({ event: "founding_limit_failed", reason: describeFault(fault) });
      }
    },
  };
}
