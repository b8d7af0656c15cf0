import type { AskedParts } from "../lib/asked.ts";
import { prefixOf } from "../lib/ip-address.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import { describeFault, type Log } from "../log.ts";
import { createClientAddress } from "./client-address.ts";

/**
 * A rate limiter, in the form in which Workers bind it
 * (https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/).
 */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Whether the client of a request may have another session founded. `unavailable`: it is not known, and no session may be founded. */
export type Founding = { readonly kind: "allowed" } | { readonly kind: "founding-limited" } | Unavailable;

/** Asks whether the client of a request may have another session founded. */
export type FoundingLimit = (request: Pick<AskedParts, "headers">) => Promise<Founding>;

/** A limiter throws it if it cannot count, and nothing must be founded that is not counted. Its cause is why. */
export class UncountedFounding extends Error {
  override readonly name = "UncountedFounding";

  constructor(cause: unknown) {
    super("foundings cannot be counted", { cause });
  }
}

/** The limiters of a site. An absent one limits nothing. */
export interface FoundingLimiters {
  /** Of the clients of one address. */
  readonly ofAddress: RateLimiter | undefined;
  /** Of all clients. */
  readonly ofSite?: RateLimiter | undefined;
}

const ALLOWED: Founding = { kind: "allowed" };
/** The one key of the limiter of all clients. */
const SITE = "site";

/**
 * Limits how many sessions the clients of an address, and all clients together, have founded: each session occupies storage, and a token
 * for a session costs nothing. The platform's limiters count per location of Cloudflare, and about right. A visitor who wants to log in is
 * not turned away because a limiter of the platform fails. In that case nothing is limited, and the log says so.
 *
 * @param trustedProxies see {@link createClientAddress}.
 */
export function createFoundingLimit(
  { ofAddress, ofSite }: FoundingLimiters,
  trustedProxies: readonly string[],
  log: Log,
): FoundingLimit {
  const readAddress = createClientAddress(trustedProxies);

  async function ask(limiter: RateLimiter, key: string): Promise<Founding> {
    try {
      return (await limiter.limit({ key })).success ? ALLOWED : { kind: "founding-limited" };
    } catch (fault) {
      if (fault instanceof UncountedFounding) return { kind: "unavailable", cause: fault.cause };
      log({ event: "founding_limit_failed", reason: describeFault(fault) });
      return ALLOWED;
    }
  }

  return async ({ headers }) => {
    const address = readAddress ? readAddress(headers) : headers.get("CF-Connecting-IP");
    // An address that is refused does not count for the site.
    const founding = ofAddress && address ? await ask(ofAddress, networkOf(address)) : ALLOWED;
    return ofSite && founding.kind === "allowed" ? ask(ofSite, SITE) : founding;
  };
}

/**
 * The network within which a client may choose its addresses: a whole IPv4 address, or the first 64 bits of an IPv6
 * address (RFC 6177).
 */
export function networkOf(address: string): string {
  return prefixOf(address, 32, 64);
}
