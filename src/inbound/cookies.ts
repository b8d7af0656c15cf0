/** A `Cookie` header taken apart: Moor's own values, and what is left for the origin. */
export interface SplitCookies {
  /** Values of Moor's cookies by name, raw; the first of several. */
  readonly own: ReadonlyMap<string, string>;
  /** The header without Moor's cookies, otherwise untouched; `null` when nothing is left. */
  readonly rest: string | null;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Names of Moor's cookies (design: fixed). `secure` selects those of https, which a subdomain cannot set. */
export function cookieNames(secure: boolean) {
  const prefix = secure ? "__Host-" : "";
  return { token: `${prefix}moor`, proof: `${prefix}moor-gen`, mark: `${prefix}moor-mark` };
}

const ALL_NAMES: ReadonlySet<string> = new Set([true, false].flatMap((secure) => Object.values(cookieNames(secure))));

/** Whether `name` is one of Moor's cookies, on https or on plain http. */
export function isOwnCookie(name: string): boolean {
  return ALL_NAMES.has(name);
}

/**
 * One of Moor's cookies in a second `Cookie` header, which arrives joined to the first by a comma. It is cut out, and not
 * read: a comma may stand in a value, and any subdomain can set one.
 */
const JOINED_OWN = /,[ \t]*(?:__Host-)?moor(?:-gen|-mark)?=[^,]*/g;

/** Splits a `Cookie` header (RFC 6265 section 5.4). The order and bytes of what is left stay as they were. */
export function splitCookies(header: string | null): SplitCookies {
  if (header === null || !header.includes("moor")) return { own: NONE, rest: header };
  const own = new Map<string, string>();
  const rest: string[] = [];
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    const name = trimSpaces(pair.slice(0, Math.max(equals, 0)));
    if (!isOwnCookie(name)) rest.push(pair.replace(JOINED_OWN, ""));
    else if (!own.has(name)) own.set(name, trimSpaces(pair.slice(equals + 1)));
  }
  const joined = trimSpaces(rest.join(";"));
  return { own, rest: joined === "" ? null : joined };
}

/**
 * Cuts spaces and tabs at both ends. `trim` would cut Unicode's white space too, and with it make `__Host-moor` of a
 * name that any subdomain can set: browsers guard a prefix only where the name begins with it.
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
