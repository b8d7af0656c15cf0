import { BoundedMap } from "../lib/bounded-map.ts";

/** Longer headers are not remembered, so that no client fills the memory with them. */
const LONGEST_REMEMBERED = 2048;

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
  /** Holds a token that may not be written as the token; see {@link ProvisionalCarrier}. */
  readonly provisional: string;
  /** The mark of each session has a cookie of its own, whose name begins with this. */
  readonly marks: string;
  /** The cookies of each session have names of their own that begin with this, if a carrier holds whole sessions. */
  readonly sessions: string;
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

/**
 * @param options.name as it is on plain http; on https `options.prefix` stands before it.
 * @param holdsSessions whether cookies hold whole sessions. Default `false`.
 */
export function createOwnCookies(
  { name, prefix }: { name: string; prefix: string },
  holdsSessions: boolean = false,
): OwnCookies {
  const https = namesOf(prefix + name);
  const http = namesOf(name);
  const exact: ReadonlySet<string> = new Set(
    [https, http].flatMap(({ token, proof, provisional }) => [token, proof, provisional]),
  );
  const beginnings = [https, http].flatMap(({ marks, sessions }) => (holdsSessions ? [marks, sessions] : [marks]));
  const has = (found: string) => exact.has(found) || beginnings.some((beginning) => found.startsWith(beginning));
  const patterns = [
    ...[...exact].map(escapeRegExp),
    ...beginnings.map((beginning) => `${escapeRegExp(beginning)}[^=;,\\s]*`),
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
    let done = 0;
    // An application may have kilobytes of cookies: only pairs that hold the name are looked at.
    for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, done)) {
      const start = header.lastIndexOf(";", at) + 1;
      const next = header.indexOf(";", at);
      const end = next < 0 ? header.length : next;
      if (start > done) rest.push(header.slice(done, start - 1));
      const pair = header.slice(start, end);
      const equals = pair.indexOf("=");
      const found = trimSpaces(pair.slice(0, Math.max(equals, 0)));
      if (!has(found)) rest.push(pair.replace(joinedOwn, ""));
      else if (!own.has(found)) own.set(found, trimSpaces(pair.slice(equals + 1)));
      done = end + 1;
    }
    if (done <= header.length) rest.push(header.slice(done));
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
  return { token, proof: `${token}-gen`, provisional: `${token}-new`, marks: `${token}-mark-`, sessions: `${token}.` };
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
