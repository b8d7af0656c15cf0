import type { HashPolicy } from "../../config/pool-types.ts";
import type { ReadHeaders } from "../../lib/asked.ts";
import { cookieValue } from "../../lib/cookie-value.ts";
import { prefixOf } from "../../lib/ip-address.ts";

/** The parts of a request that a hash policy can use. Only the parts that the configured policies need are read. */
export interface HashFacts {
  readonly sessionId: string;
  /** Whether the session's token did not come in with the request. */
  readonly sessionIsFresh: boolean;
  /** The client's own headers. */
  readonly headers: ReadHeaders;
  readonly url: URL;
  readonly clientIp: string | undefined;
}

/**
 * The key that affinity hashes: the value of the first policy that is present, else the session id.
 *
 * - An empty value counts as absent. The platform decodes header and query values; cookie values are taken raw. If
 *   several cookies or query parameters share a name, the first counts.
 * - The policies after a fresh session take precedence over it. The id of a fresh session may never come back (for
 *   example from a client without cookies), but the values of those policies do.
 *
 * A key does not tell which policy it comes from. A client that sends the same value first in a header and then in a
 * cookie meets the same origin. Equal keys share an origin and nothing else, so a client gains nothing when it repeats
 * another client's value. A client that chooses its values can choose its origin, and many clients can choose the same
 * origin. Where that matters, hash a value that clients cannot choose.
 */
export function hashKey(policies: readonly HashPolicy[], facts: HashFacts): string {
  for (const policy of policies) {
    const value = read(policy, facts);
    if (value) return value;
  }
  return facts.sessionId;
}

function read(policy: HashPolicy, facts: HashFacts): string | null | undefined {
  switch (policy.type) {
    case "session-id":
      return facts.sessionIsFresh ? undefined : facts.sessionId;
    case "header":
      return facts.headers.get(policy.name);
    case "cookie":
      return cookieValue(facts.headers.get("Cookie"), policy.name);
    case "query":
      return facts.url.searchParams.get(policy.name);
    case "client-ip":
      return facts.clientIp && prefixOf(facts.clientIp, policy.ipv4PrefixBits, policy.ipv6PrefixBits);
  }
}
