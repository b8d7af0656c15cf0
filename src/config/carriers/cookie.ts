import { type InferOutput, lazy, literal, optional } from "valibot";
import { cookieDomain, cookieName, cookiePath } from "../grammar.ts";
import { describe, type Item, type Mistake } from "../mistakes.ts";
import { list, oneOf, shape, value, yesOrNo } from "../shapes.ts";
import { carrierSettings } from "./settings.ts";

/** A cookie, the carrier of browsers: `HttpOnly`, and `Secure` on https. */
export interface CookieCarrierConfig {
  type: "cookie";
  /** Name without prefix; the names of the proof and the mark begin with it. Default `"moor"`. */
  name?: string;
  /**
   * Guards the name on https (RFC 6265bis section 4.1.3). `"__Host-"` (default): no other host can set the cookie. `"__Secure-"`: any
   * subdomain can set it; needed for `domain` and `path`.
   */
  prefix?: "__Host-" | "__Secure-";
  /**
   * Shares the session with all hosts below this domain. A list is for several sites: each host takes the domain that it is or lies
   * below. A host below no domain keeps its session to itself. Default: every host does.
   */
  domain?: string | string[];
  /** Default `"/"`. */
  path?: string;
  /** Default `"lax"`. `"none"`: browsers also send the cookie with requests from other sites' pages; on plain http it is `"lax"`. */
  sameSite?: "lax" | "strict" | "none";
  /** Keeps a separate cookie jar for each embedding site (CHIPS); with `sameSite: "none"`. Default `false`. */
  partitioned?: boolean;
  /**
   * Which tokens outlive the browser. `"always"` (default): all, until the session's deadline. `"remembered"`: those of remembered visitors
   * (`session.remember`); a browser forgets the others when it closes.
   */
  persistent?: "always" | "remembered";
}

/** With every default filled in. */
export type ResolvedCookieCarrier = Readonly<Required<Omit<CookieCarrierConfig, "domain">>> & {
  /** `undefined`: every host keeps its sessions to itself. */
  readonly domain: readonly string[] | undefined;
};

const domain = value(cookieDomain);
const schema = shape({
  type: literal("cookie"),
  name: optional(value(cookieName)),
  prefix: optional(oneOf(["__Host-", "__Secure-"])),
  domain: optional(lazy((input) => (Array.isArray(input) ? list(domain, "a list of at least one domain") : domain))),
  path: optional(value(cookiePath)),
  sameSite: optional(oneOf(["lax", "strict", "none"])),
  partitioned: optional(yesOrNo),
  persistent: optional(oneOf(["always", "remembered"])),
});

/** The settings of the cookie. */
export const cookie = carrierSettings<CookieCarrierConfig>()({
  schema,
  resolve,
  place: () => "cookie",
  another: "one carrier of its type",
  mistakes,
});

function resolve(checked: InferOutput<typeof schema>): ResolvedCookieCarrier {
  return {
    type: "cookie",
    name: checked.name ?? "moor",
    prefix: checked.prefix ?? "__Host-",
    domain: typeof checked.domain === "string" ? [checked.domain] : checked.domain,
    path: checked.path ?? "/",
    sameSite: checked.sameSite ?? "lax",
    partitioned: checked.partitioned ?? false,
    persistent: checked.persistent ?? "always",
  };
}

/** Settings with which browsers would refuse the cookie, or hold it twice. */
function mistakes({ value: given, path }: Item): Mistake[] {
  const { prefix = "__Host-", sameSite = "lax" } = given;
  const isHostOnly = prefix === "__Host-";
  const refused = (key: string, accepted: string) => ({
    path: `${path}.${key}`,
    found: describe(given[key]),
    accepted,
  });
  const found: Mistake[] = [];
  const domains = [given.domain].flat().map((name, index) => ({ name, index }));
  const right = domains.filter(({ name }) => cookieDomain.accepts(name)) as { name: string; index: number }[];
  if (isHostOnly && right.length > 0) {
    found.push(
      refused(
        "domain",
        'none with prefix "__Host-", since browsers refuse that; "__Secure-" lets any subdomain set the cookie',
      ),
    );
  }
  if (isHostOnly && cookiePath.accepts(given.path) && given.path !== "/") {
    found.push(
      refused(
        "path",
        '"/" with prefix "__Host-", since browsers refuse others; "__Secure-" lets any subdomain set the cookie',
      ),
    );
  }
  for (const { name, index } of right) {
    const wider = right.find((other) => other.index !== index && isWithin(name, other.name));
    if (!wider || (wider.name === name && wider.index > index)) continue;
    found.push({
      path: `${path}.domain[${index}]`,
      found: describe(name),
      accepted: `a domain that is not within ${wider.name}, since a browser would hold two tokens for its hosts`,
    });
  }
  if (given.partitioned === true && sameSite !== "none") {
    found.push(refused("partitioned", 'true only with sameSite "none": it is for pages embedded by other sites'));
  }
  return found;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
