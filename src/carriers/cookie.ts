import { stringifySetCookie } from "cookie";
import { type InferOutput, lazy, literal, optional } from "valibot";
import type { AskedParts } from "../lib/asked.ts";
import { cookieDomain, cookieName, cookiePath } from "../settings/grammar.ts";
import { describe, type Item, type Mistake } from "../settings/mistakes.ts";
import { list, oneOf, shape, value, yesOrNo } from "../settings/shapes.ts";
import { type Carrier, type CarrierOptions, type CreatedCarrier, END_PART, type SessionCookies } from "./carrier.ts";
import { type Credentials, MARK_TAG_LENGTH, NO_CREDENTIALS, SEPARATOR } from "./credentials.ts";
import { type CarrierForm, defineCarrier } from "./kind.ts";
import { createOwnCookies } from "./own-cookies.ts";

/** The longest life that browsers grant a cookie (RFC 6265bis section 5.5). */
const LONGEST_SECONDS = 400 * 24 * 60 * 60;
const NO_MARKS: readonly string[] = [];
/** Names of a session's cookies begin with this many characters of its id. */
const SESSION_TAG_LENGTH = 8;
/** Further tokens are not looked at, so that no browser makes a request expensive. */
const MOST_TOKENS = 8;

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

/** The form of its settings. */
export const cookieForm = {
  schema() {
    const domain = value(cookieDomain);
    return shape({
      type: literal("cookie"),
      name: optional(value(cookieName)),
      prefix: optional(oneOf(["__Host-", "__Secure-"])),
      domain: optional(
        lazy((input) => (Array.isArray(input) ? list(domain, "a list of at least one domain") : domain)),
      ),
      path: optional(value(cookiePath)),
      sameSite: optional(oneOf(["lax", "strict", "none"])),
      partitioned: optional(yesOrNo),
      persistent: optional(oneOf(["always", "remembered"])),
    });
  },
  place: () => "cookie",
  another: "one carrier of its type",
  mistakes,
} satisfies CarrierForm;

/** The cookie. */
export const cookie = defineCarrier<CookieCarrierConfig>()({ resolve, create: createCookieCarrier });

function resolve(checked: InferOutput<ReturnType<typeof cookieForm.schema>>): ResolvedCookieCarrier {
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

/**
 * Token, proof and marks in a cookie each, out of reach of scripts (`HttpOnly`). The mark of each session has a name of
 * its own, so that a late response for an earlier session leaves the mark of a newer session as it is.
 */
function createCookieCarrier(
  settings: ResolvedCookieCarrier,
  { markLifeSeconds, now, ...options }: CarrierOptions,
): CreatedCarrier {
  const holdsSessions =
    (typeof MOOR_COOKIE_SESSIONS === "undefined" || MOOR_COOKIE_SESSIONS) && options.holdsSessions === true;
  const cookies = createOwnCookies(settings, holdsSessions);

  /** @param domain the domain that shares the session. Default: the host alone has it. */
  function carrierOn(secure: boolean, domain?: string): Carrier {
    const names = cookies.names(secure);
    const attributes = {
      path: settings.path,
      ...(domain === undefined ? {} : { domain }),
      httpOnly: true,
      secure,
      // Browsers refuse these two without `Secure`.
      sameSite: secure || settings.sameSite !== "none" ? settings.sameSite : "lax",
      partitioned: secure && settings.partitioned,
    } as const;
    const textOf = (name: string, value: string, maxAge: number | undefined) =>
      stringifySetCookie({ name, value, ...attributes, ...(maxAge !== undefined && { maxAge }) });
    const nameFor = (sessionId: string) => names.sessions + sessionId.slice(0, SESSION_TAG_LENGTH);
    // All of them are read, because browsers send the newest cookie last. Only the mark of the token's session costs crypto.
    const marksIn = (own: ReadonlyMap<string, string>) =>
      [...own].flatMap(([name, value]) => (name.startsWith(names.marks) && value !== "" ? [value] : []));

    const read = ({ headers }: AskedParts, name?: string) => {
      const { own } = cookies.split(headers.get("Cookie"));
      const tokens = holdsSessions && name === undefined ? tokensIn(own, names.sessions) : undefined;
      const token = tokens ? tokens[0] : own.get(name ?? names.token);
      const proof = own.get(names.proof);
      // Text after a separator would be taken for another part, which has a cookie of its own.
      if (token === undefined || token.includes(SEPARATOR)) return undefined;
      // A browser without other cookies of Moor's is the rule: then nothing is looked for.
      const hasOthers = own.size > (proof === undefined ? 1 : 2);
      return {
        token,
        proof: proof === undefined || proof.includes(SEPARATOR) ? "" : proof,
        marks: hasOthers ? marksIn(own) : NO_MARKS,
        hasProvisional: own.has(names.provisional),
        ...(tokens && { others: tokens.slice(1, MOST_TOKENS) }),
      };
    };
    const write = (
      headers: Headers,
      { token, proof, marks, hasProvisional, sessionId }: Credentials,
      expiresAt: number,
      isRemembered: boolean,
      name = holdsSessions && sessionId !== undefined ? nameFor(sessionId) : names.token,
    ) => {
      const isPersistent = isRemembered || settings.persistent === "always";
      const leftSeconds = Math.max(0, Math.ceil((expiresAt - now()) / 1000));
      if (token !== "") headers.append("Set-Cookie", textOf(name, token, isPersistent ? leftSeconds : undefined));
      if (token !== "" && hasProvisional) headers.append("Set-Cookie", textOf(names.provisional, "", 0));
      // Written once per rotation while touches prolong the token, so it must outlive every deadline of the session.
      if (proof !== "")
        headers.append("Set-Cookie", textOf(names.proof, proof, isPersistent ? LONGEST_SECONDS : undefined));
      for (const mark of marks)
        headers.append("Set-Cookie", textOf(names.marks + mark.slice(0, MARK_TAG_LENGTH), mark, markLifeSeconds));
    };

    return {
      apart: true,
      sameSite: attributes.sameSite,
      read,
      write,
      clear(headers, sessionId) {
        headers.append(
          "Set-Cookie",
          textOf(holdsSessions && sessionId !== undefined ? nameFor(sessionId) : names.token, "", 0),
        );
        headers.append("Set-Cookie", textOf(names.proof, "", 0));
        headers.append("Set-Cookie", textOf(names.provisional, "", 0));
      },
      ...(holdsSessions && {
        sessions({ headers }): SessionCookies {
          const { own } = cookies.split(headers.get("Cookie"));
          const nameOf = (sessionId: string, part: string) => `${nameFor(sessionId)}.${part}`;
          const secondsTo = (expiresAt: number) => Math.max(0, Math.ceil((expiresAt - now()) / 1000));
          return {
            of(sessionId) {
              const beginning = nameOf(sessionId, "");
              return [...own].flatMap(([name, value]) =>
                name.startsWith(beginning) ? [{ part: name.slice(beginning.length), value }] : [],
              );
            },
            write: (sessionId, part, value, expiresAt) =>
              textOf(
                nameOf(sessionId, part),
                value,
                settings.persistent === "always" ? secondsTo(expiresAt) : undefined,
              ),
            keep: (sessionId, part, value, expiresAt) => textOf(nameOf(sessionId, part), value, secondsTo(expiresAt)),
            forget: (sessionId, part) =>
              textOf(part === undefined ? nameFor(sessionId) : nameOf(sessionId, part), "", 0),
          };
        },
      }),
      provisional: {
        read(request) {
          const credentials = read(request, names.provisional);
          // The response that gives a proof gives the token as well: a proof here is of another session, or was planted.
          return credentials && { ...credentials, proof: "" };
        },
        write: (headers, token, expiresAt) =>
          write(headers, { ...NO_CREDENTIALS, token }, expiresAt, false, names.provisional),
      },
      cut(headers, sent = headers) {
        const given = sent.get("Cookie");
        const { rest } = cookies.split(given);
        if (rest === given) return;
        if (rest === null) headers.delete("Cookie");
        else headers.set("Cookie", rest);
      },
      owns: { isCookie: cookies.has, headers: [] },
    };
  }

  /** For each domain a carrier of its own. A browser refuses the cookie of a domain that the host does not lie below. */
  function carriersOn(secure: boolean): Carrier {
    const ofHost = carrierOn(secure);
    if (!settings.domain) return ofHost;
    const shared = settings.domain.map((domain) => ({ domain, carrier: carrierOn(secure, domain) }));
    return {
      ...ofHost,
      at({ url }) {
        const { hostname } = new URL(url);
        return shared.find(({ domain }) => `.${hostname}`.endsWith(`.${domain}`))?.carrier ?? ofHost;
      },
    };
  }

  return { https: carriersOn(true), http: carriersOn(false) };
}

/**
 * The tokens among a browser's cookies, where each session has a name of its own. A session that has ended counts only if there is no other: a
 * late response may have brought its token back.
 */
function tokensIn(own: ReadonlyMap<string, string>, beginning: string): string[] {
  const length = beginning.length + SESSION_TAG_LENGTH;
  const tokens = [...own].filter(
    ([name, value]) => name.startsWith(beginning) && name.length === length && !value.includes(SEPARATOR),
  );
  const alive = tokens.filter(([name]) => !own.has(`${name}.${END_PART}`));
  return (alive.length > 0 ? alive : tokens).map(([, value]) => value);
}
