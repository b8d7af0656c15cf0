/** What one value of the configuration must look like, and the words that say so. */
export interface Rule<T> {
  readonly accepts: (value: unknown) => value is T;
  readonly accepted: string;
}

/** Ids of origins and pools. */
export const id = textRule("1 to 64 of a-z 0-9 . _ -", (text) => /^[a-z0-9._-]{1,64}$/.test(text));

/** Names of header fields and cookies: a token of RFC 9110, section 5.6.2. */
export const token = textRule("a name of A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~", (text) =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text),
);

/** Any text but the empty one. */
export const nonEmpty = textRule("a text that is not empty", (text) => text !== "");

/** Where an origin is. */
export const originUrl = textRule(
  "http:// or https:// with a host, optionally a port and a base path; no credentials, query, fragment or spaces",
  (text) => {
    const authority = /^https?:\/\/([^\s\\/?#@]+)(?:\/[^\s\\?#]*)?$/i.exec(text)?.[1];
    return authority !== undefined && URL.canParse(text);
  },
);

/** `/exact`, `/prefix/*` or `/*`, written as the WHATWG URL parser writes a path. */
export const pathPattern = textRule(
  "/exact, /prefix/* or /* (* nowhere else), normalised as in a URL: no . or .. segments, ? # \\ or spaces, other characters as %XX",
  (text) => {
    const path = text.endsWith("/*") ? text.slice(0, -1) : text;
    return text.startsWith("/") && !path.includes("*") && isNormalised(path);
  },
);

/** A host name, or `*.` and one. */
export const hostPattern = textRule(
  "a host name in lower case, or *. and one (xn-- for other scripts); no port",
  (text) => {
    const name = text.startsWith("*.") ? text.slice(2) : text;
    const isName = name.length <= 253 && /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/.test(name);
    // The second name tells `*.1.2.3.4` and `127.1`, which the URL parser refuses or rewrites, from names.
    return isName && hostnameOf(`http://${text.replace("*", "any")}/`) === text.replace("*", "any");
  },
);

/** A share: any number above 0, at most 1,000,000. */
export const weight = numberRule("a number above 0, at most 1000000", (value) => value > 0 && value <= 1_000_000);

/** The longest that any timeout of a session may be: a year of 365 days. */
export const MAX_SESSION_SECONDS = 31_536_000;

/** The session policy, each value by itself; what bounds them among each other is in `relations.ts`. */
export const sessionRules = {
  idleSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
  absoluteSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
  firstIdleSeconds: wholeNumber(1, MAX_SESSION_SECONDS),
  newSessionHours: numberRule("a number, 1 to 168", (hours) => hours > 0 && hours <= 168),
  graceSeconds: wholeNumber(0, 300),
  maxAttributeBytes: wholeNumber(1_024, 1_048_576),
};

/** A whole number between two bounds, both included. */
export function wholeNumber(least: number, most: number): Rule<number> {
  return numberRule(
    `a whole number, ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
}

/** Whether a value is an object with keys, not a list. */
export function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

/**
 * Whether a deployed Worker can reach this origin: `fetch` to a bare IP address is refused in production (error 1003), and
 * nothing listens on its localhost. The URL parser turns odd forms of IPv4 (`0x7f.1`, `2130706433`) into the plain one.
 */
export function isPublicOrigin(url: string): boolean {
  const host = hostnameOf(url)?.replace(/\.$/, "") ?? "";
  const isAddress = host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  return !isAddress && host !== "localhost" && !host.endsWith(".localhost");
}

function textRule(accepted: string, accepts: (text: string) => boolean): Rule<string> {
  return { accepts: (value): value is string => typeof value === "string" && accepts(value), accepted };
}

function numberRule(accepted: string, accepts: (value: number) => boolean): Rule<number> {
  return { accepts: (value): value is number => typeof value === "number" && accepts(value), accepted };
}

function isNormalised(path: string): boolean {
  const url = `http://any${path}`;
  return URL.canParse(url) && new URL(url).pathname === path;
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
