import type { HashPolicy } from "../../config/pool-types.ts";
import { cookieValue } from "../../inbound/carriers/cookies.ts";

/** What a hash policy can look at. Only what the policies in question need is read. */
export interface HashFacts {
  readonly sessionId: string;
  /** Whether the session's token did not come in with the request. */
  readonly sessionIsFresh: boolean;
  /** The client's own headers. */
  readonly headers: Headers;
  readonly url: URL;
  readonly clientIp: string | undefined;
}

/**
 * The key that affinity hashes: the value of the first policy that is present, else the session id.
 *
 * - Empty values are not present. Header and query values are taken as the platform decodes them, cookie values raw;
 *   of several cookies or query parameters of one name the first counts.
 * - A fresh session gives way to the policies after it: its id may never come back (a client without cookies), they do.
 *
 * A key does not tell which policy it comes from: a client that sends the same value now in a header, now in a cookie
 * meets the same origin. Equal keys share an origin and nothing else, so a client gains nothing by repeating another's.
 * By choosing its values a client can choose its origin, and many clients can choose the same one. Where that matters, hash
 * a value that clients cannot choose.
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
      return facts.clientIp;
  }
}
