import { getPublicSuffix } from "tldts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import { describe, type Mistake } from "../src/settings/mistakes.ts";

/**
 * The domains of cookies that are public suffixes, such as `co.uk` and `github.io`. A browser refuses such a cookie (RFC 6265bis
 * section 5.7). The list of suffixes is Mozilla's, of the day of this package. It is large, so the Worker is without it.
 */
export function publicSuffixMistakes({ carriers }: ResolvedConfig): Mistake[] {
  return carriers.flatMap((carrier, index) => {
    const domains = (carrier.type === "cookie" && carrier.domain) || [];
    return domains.filter(isPublicSuffix).map((domain) => ({
      path: `carriers[${index}].domain`,
      found: describe(domain),
      accepted: `a domain that is registered below ${domain}, since browsers refuse the cookie of a public suffix`,
    }));
  });
}

function isPublicSuffix(domain: string): boolean {
  return getPublicSuffix(domain, { allowPrivateDomains: true }) === domain;
}
