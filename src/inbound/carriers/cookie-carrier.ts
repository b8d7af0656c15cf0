import { stringifySetCookie } from "cookie";
import type { ResolvedCookieCarrier } from "../../config/carriers/cookie.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { MARK_TAG_LENGTH } from "../token/mark.ts";
import type { Carrier, CreateCarrier } from "./carrier.ts";
import { SEPARATOR } from "./credentials.ts";

/** The longest life that browsers grant a cookie (RFC 6265bis section 5.5). */
const LONGEST_SECONDS = 400 * 24 * 60 * 60;
/** Longer headers are not remembered, so that no client fills the memory with them. */
const LONGEST_REMEMBERED = 2048;
const NO_MARKS: readonly string[] = [];

/**
 * Token, proof and marks in a cookie each, out of reach of scripts (`HttpOnly`). The mark of each session has a name of
 * its own, so that a late response for an earlier session leaves the mark of a newer session as it is.
 */
export const createCookieCarrier: CreateCarrier<ResolvedCookieCarrier> = (settings, { markLifeSeconds, now }) => {
  const cookies = createOwnCookies(settings);

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
    const set = (headers: Headers, name: string, value: string, maxAge: number | undefined) =>
      headers.append(
        "Set-Cookie",
        stringifySetCookie({ name, value, ...attributes, ...(maxAge !== undefined && { maxAge }) }),
      );
    // All of them are read, because browsers send the newest cookie last. Only the mark of the token's session costs crypto.
    const marksIn = (own: ReadonlyMap<string, string>) =>
      [...own].flatMap(([name, value]) => (name.startsWith(names.marks) && value !== "" ? [value] : []));

    return {
      apart: true,
      sameSite: attributes.sameSite,
      read(request) {
        const { own } = cookies.split(request.headers.get("Cookie"));
        const token = own.get(names.token);
        const proof = own.get(names.proof);
        // Text after a separator would be taken for another part, which has a cookie of its own.
        if (token === undefined || token.includes(SEPARATOR)) return undefined;
        // A browser without marks is the rule: then nothing is looked for.
        const hasOthers = own.size > (proof === undefined ? 1 : 2);
        return {
          token,
          proof: proof === undefined || proof.includes(SEPARATOR) ? "" : proof,
          marks: hasOthers ? marksIn(own) : NO_MARKS,
        };
      },
      write(headers, { token, proof, marks }, expiresAt, isRemembered) {
        const isPersistent = isRemembered || settings.persistent === "always";
        const leftSeconds = Math.max(0, Math.ceil((expiresAt - now()) / 1000));
        if (token !== "") set(headers, names.token, token, isPersistent ? leftSeconds : undefined);
        // Written once per rotation while touches prolong the token, so it must outlive every deadline of the session.
        if (proof !== "") set(headers, names.proof, proof, isPersistent ? LONGEST_SECONDS : undefined);
        for (const mark of marks) set(headers, names.marks + mark.slice(0, MARK_TAG_LENGTH), mark, markLifeSeconds);
      },
      clear(headers) {
        set(headers, names.token, "", 0);
        set(headers, names.proof, "", 0);
      },
      cut(headers) {
        const given = headers.get("Cookie");
        const { rest } = cookies.split(given);
        if (rest === null) headers.delete("Cookie");
        else if (rest !== given) headers.set("Cookie", rest);
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
};

/** A `Cookie` header taken apart: Moor's own values, and the rest for the origin. */
export interface SplitCookies {
  /** Values of Moor's cookies by name, raw; the first of several. */
  readonly own: ReadonlyMap<string, string>;
  /** The header without Moor's cookies, otherwise untouched; `null` when no cookie is left. */
  readonly rest: string | null;
}

/** Names of the cookies that hold what a client holds. */
export interface CookieNames {
  readonly token: string;
  readonly proof: string;
  /** The mark of each session has a cookie of its own, whose name begins with this. */
  readonly marks: string;
}

/** Moor's own cookies among all others. */
export interface OwnCookies {
  /** `secure` selects the names of https, which browsers guard. */
  names(secure: boolean): CookieNames;
  /** Whether `name` is, or begins like, the name of one of these cookies, on https or on plain http. */
  has(name: string): boolean;
  /** Splits a `Cookie` header (RFC 6265 section 5.4). The order and the bytes of the rest stay as they were. */
  split(header: string | null): SplitCookies;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** @param options.name as it is on plain http; on https `options.prefix` stands before it. */
export function createOwnCookies({ name, prefix }: { name: string; prefix: string }): OwnCookies {
  const https = namesOf(prefix + name);
  const http = namesOf(name);
  const exact: ReadonlySet<string> = new Set([https.token, https.proof, http.token, http.proof]);
  const has = (found: string) => exact.has(found) || found.startsWith(https.marks) || found.startsWith(http.marks);
  const patterns = [
    ...[...exact].map(escapeRegExp),
    `${escapeRegExp(https.marks)}[^=;,\\s]*`,
    `${escapeRegExp(http.marks)}[^=;,\\s]*`,
  ];
  /** A browser sends the same header with each request, and each request needs its parts twice. */
  const remembered = new BoundedMap<string, SplitCookies>(1024);
  /**
   * A cookie of Moor's in a second `Cookie` header, which arrives joined to the first by a comma. The cookie is cut out
   * and not read: a comma may stand in a value, and any subdomain can set such a value.
   */
  const joinedOwn = new RegExp(`,[ \\t]*(?:${patterns.join("|")})[ \\t]*=[^,]*`, "g");

  function split(header: string): SplitCookies {
    const own = new Map<string, string>();
    const rest: string[] = [];
    for (const pair of header.split(";")) {
      const equals = pair.indexOf("=");
      const found = trimSpaces(pair.slice(0, Math.max(equals, 0)));
      if (!has(found)) rest.push(pair.replace(joinedOwn, ""));
      else if (!own.has(found)) own.set(found, trimSpaces(pair.slice(equals + 1)));
    }
    const joined = trimSpaces(rest.join(";"));
    return { own, rest: joined === "" ? null : joined };
  }

  return {
    names: (secure) => (secure ? https : http),
    has,
    split(header) {
      if (header === null || !header.includes(name)) return { own: NONE, rest: header };
      const known = remembered.get(header);
      if (known) return known;
      const cookies = split(header);
      if (header.length <= LONGEST_REMEMBERED) remembered.set(header, cookies);
      return cookies;
    },
  };
}

function namesOf(token: string): CookieNames {
  return { token, proof: `${token}-gen`, marks: `${token}-mark-` };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.]/g, "\\$&");
}

/**
 * Cuts spaces and tabs at both ends. `trim` would also cut Unicode's white space. It would then turn a name that any
 * subdomain can set into `__Host-moor`, because browsers guard a prefix only at the beginning of the name.
 */
function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start])) start++;
  while (start < end && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
