import { parseNetwork } from "../lib/ip-address.ts";
import { MAX_PRINCIPAL_SESSIONS, MAX_SESSION_SECONDS } from "./limits.ts";
import { NGINX_VARIABLES, parseNginxKey } from "./nginx-key.ts";

/** The form of one value of the configuration, and the words that describe it to a reader. */
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

/** The name by which a cookie's value names an origin. */
export const routeName = textRule("1 to 128 visible ASCII characters, no comma, semicolon or quote", (text) =>
  /^[!#-+\--:<-~]{1,128}$/.test(text),
);

/** A binding of `wrangler.toml`. */
export const bindingName = textRule("the name of a binding: A-Z a-z 0-9 _, not beginning with a digit", (text) =>
  /^[A-Za-z_]\w{0,63}$/.test(text),
);

/** A method as a request line has it. `fetch` cannot send CONNECT, TRACE and TRACK, so they are left out. */
export const method = textRule("a method in capital letters, but not CONNECT, TRACE or TRACK", (text) =>
  /^(?!(?:CONNECT|TRACE|TRACK)$)[A-Z][A-Z-]{0,31}$/.test(text),
);

/** A header value that a route may compare with. */
export const headerValue = textRule("1 to 1024 characters of visible ASCII, spaces within", (text) =>
  /^(?=.{1,1024}$)[!-~]+(?: +[!-~]+)*$/.test(text),
);

/** An HTML page that Moor sends unchanged. */
export const page = textRule("HTML of 1 to 65536 characters", (text) => text.length > 0 && text.length <= 65_536);

/** Any text except the empty text. */
export const nonEmpty = textRule("a text that is not empty", (text) => text !== "");

/** A point in time. */
export const time = textRule("a time in UTC, as in 2027-01-01T00:00:00Z", (text) => {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && isoSeconds(Date.parse(text)) === text;
});

/** The key of nginx's `hash` directive. */
export const nginxKey = textRule(
  `the key of a hash directive of nginx, of ASCII text and ${NGINX_VARIABLES}`,
  (text) => parseNginxKey(text) !== undefined,
);

/** The address of an origin. */
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

/** The path that a probe requests, as a request line has it. */
export const probePath = textRule(
  "a path, and a query if need be, as in /health?full=1: 1 to 1024 characters, written as in a URL, no #",
  (text) => {
    const url = `http://any${text}`;
    if (!text.startsWith("/") || text.length > 1_024 || !URL.canParse(url)) return false;
    const { pathname, search } = new URL(url);
    return pathname + search === text;
  },
);

/** The text that a probe looks for in a body. */
export const probeBody = textRule("1 to 1024 characters", (text) => text.length > 0 && text.length <= 1_024);

/** A host name. */
export const hostName = textRule("a host name in lower case (xn-- for other scripts)", isHostName);

/** A host name, or `*.` followed by a host name. */
export const hostPattern = textRule(
  "a host name in lower case, or *. and one (xn-- for other scripts); no port",
  (text) => isHostName(text.replace(/^\*\./, "any.")),
);

/** An origin as browsers write it in `Origin` (RFC 6454). */
export const corsOrigin = textRule(
  "an origin as browsers send it, as in https://app.example.com: no path, no default port, no *",
  (text) => /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text,
);

/** A trusted proxy. A wide block would let many clients make up their address. */
export const network = textRule(
  "an IP address, or a CIDR block of /8 to /32 (IPv6: /16 to /128), as in 203.0.113.0/24 or 2001:db8::/32",
  (text) => (parseNetwork(text)?.bits ?? 0) >= (parseNetwork(text)?.address.length === 16 ? 16 : 8),
);

/** The address at which Cloudflare Access publishes the keys of a team. */
export const teamUrl = textRule(
  "https:// and the team's domain, as in https://team.cloudflareaccess.com; http:// only on this machine",
  (text) =>
    /^https?:\/\/[^\s\\/?#@]+$/.test(text) &&
    URL.canParse(text) &&
    (text.startsWith("https:") || !isPublicOrigin(text)),
);

/** The name of the token's cookie, without its prefix. */
export const cookieName = textRule(
  "1 to 32 of A-Z a-z 0-9 . _ -, not beginning with __ (a prefix has a setting)",
  (text) => /^(?!__)[A-Za-z0-9._-]{1,32}$/.test(text),
);

/** A cookie's `Domain`. Browsers refuse a domain that is an address or has only one label. */
export const cookieDomain = textRule(
  "a host name of at least two labels in lower case, no leading dot, no address",
  // The URL parser accepts an address as a host, and refuses it at the end of a name.
  (text) => text.includes(".") && isHostName(`any.${text}`),
);

/** A cookie's `Path`. Browsers ignore an attribute of more than 1,024 bytes (RFC 6265bis section 5.6). */
export const cookiePath = textRule(
  "a path that begins with /, as in a URL, without ; and , and of at most 1024 characters",
  (text) => text.startsWith("/") && text.length <= 1_024 && !/[;,]/.test(text) && isNormalised(text),
);

/** The name of a header that carries the token. Headers with another meaning are refused. */
export const carrierHeader = textRule("Authorization, or a header of its own such as X-Auth-Token", (text) => {
  const name = text.toLowerCase();
  const isTaken = TAKEN_HEADERS.has(name) || TAKEN_HEADER_PREFIXES.some((prefix) => name.startsWith(prefix));
  return token.accepts(text) && text.length <= 64 && (!isTaken || name === "moor-token");
});

/** The name of the query parameter that carries the token. */
export const urlParameter = textRule("1 to 32 of A-Z a-z 0-9 _ -", (text) => /^[A-Za-z0-9_-]{1,32}$/.test(text));

/** The name of a parameter that an application reads from its addresses. It is compared as it is written there. */
export const addressParameter = textRule("1 to 64 of A-Z a-z 0-9 . _ -", (text) => /^[A-Za-z0-9._-]{1,64}$/.test(text));

/** How many leading bits of a client's address are hashed. */
export const prefixRules = { ipv4PrefixBits: wholeNumber(1, 32), ipv6PrefixBits: wholeNumber(1, 128) };

/** A share: any number above 0, at most 1,000,000. */
export const weight = numberRule("a number above 0, at most 1000000", (value) => value > 0 && value <= 1_000_000);

const TAKEN_HEADER_PREFIXES =
  "accept access-control- age alt- cache cdn- cf- content- if- moor- proxy- sec- x-forwarded-".split(" ");
const TAKEN_HEADERS = new Set(
  (
    "connection cookie date etag expect expires forwarded host keep-alive last-modified location origin pragma range referer " +
    "referrer-policy server-timing set-cookie te trailer transfer-encoding true-client-ip upgrade user-agent vary via x-real-ip"
  ).split(" "),
);
/** A share of a route's sessions: like a weight, except that 0 is also accepted. */
export const share = numberRule("a number, 0 to 1000000", (value) => value >= 0 && value <= 1_000_000);

/** The requests that leave a line in the log. */
export const loggedRequests: Rule<"failed" | "all" | "off" | number> = {
  accepts: (value): value is "failed" | "all" | "off" | number =>
    typeof value === "number" ? value > 0 && value <= 1 : value === "failed" || value === "all" || value === "off",
  accepted: 'one of "failed", "all", "off", or a share: a number above 0, at most 1',
};

/** The session policy, each value by itself. `checks/session.ts` holds the bounds between its values. */
export const sessionRules = {
  idleSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
  absoluteSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
  firstIdleSeconds: wholeNumber(1, MAX_SESSION_SECONDS),
  newSessionHours: numberRule("a number, 1 to 168", (hours) => hours > 0 && hours <= 168),
  graceSeconds: wholeNumber(0, 300),
  maxAttributeBytes: wholeNumber(1_024, 1_048_576),
};

/** Timeouts of remembered visitors, and of a stricter route. */
export const timeoutRules = {
  idleSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
  absoluteSeconds: wholeNumber(60, MAX_SESSION_SECONDS),
};

/** Numbers of outlier detection. */
export const outlierRules = {
  consecutiveGatewayFailure: wholeNumber(1, 1_000),
  failurePercentageThreshold: wholeNumber(1, 100),
  consecutive5xx: wholeNumber(1, 1_000),
  intervalSeconds: wholeNumber(1, 3_600),
  baseEjectionSeconds: wholeNumber(1, 3_600),
  maxEjectionSeconds: wholeNumber(1, 86_400),
  maxEjectionJitterSeconds: wholeNumber(0, 3_600),
  maxEjectionPercent: wholeNumber(0, 100),
};
export const successRateRules = {
  minimumHosts: wholeNumber(2, 1_000),
  requestVolume: wholeNumber(1, 1_000_000),
  stdevFactor: wholeNumber(0, 100_000),
};

/** Numbers of health checks. */
export const healthCheckRules = {
  intervalSeconds: wholeNumber(1, 300),
  unhealthyIntervalSeconds: wholeNumber(1, 300),
  timeoutMs: wholeNumber(10, 60_000),
  healthyThreshold: wholeNumber(1, 100),
  unhealthyThreshold: wholeNumber(1, 100),
};
export const statusRules = { start: wholeNumber(100, 599), end: wholeNumber(101, 600) };

export const slowStart = wholeNumber(0, 86_400);
export const attemptDeadline = wholeNumber(10, 600_000);
export const hedgeAfter = wholeNumber(1, 600_000);
/** A timer of the runtime counts up to 24 days, so this stays well below that. */
export const maxSocket = wholeNumber(1, 604_800);
export const retryBudgetRules = { budgetPercent: wholeNumber(0, 100), minRetries: wholeNumber(0, 10_000) };

/** Patterns of requests that need no session. */
export const ignoreRules = {
  extensions: textRule("1 to 16 of a-z A-Z 0-9, without the dot", (text) => /^[A-Za-z0-9]{1,16}$/.test(text)),
  methods: textRule("a method in upper case", (text) => /^[A-Z]{1,32}$/.test(text)),
  destinations: textRule("a value of Sec-Fetch-Dest, as in image", (text) => /^[a-z]{1,32}$/.test(text)),
  mediaTypes: textRule("a media type in lower case, as in image/png or image/*", (text) =>
    /^[a-z0-9][a-z0-9.+-]*\/(\*|[a-z0-9][a-z0-9.+-]*)$/.test(text),
  ),
};

/** How many sessions a principal may have at once. */
export const sessionLimit = wholeNumber(1, MAX_PRINCIPAL_SESSIONS);

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
 * Whether a deployed Worker can reach this origin. In production `fetch` refuses a bare IP address (error 1003), and no server
 * listens on the Worker's localhost. The URL parser turns odd forms of IPv4 (`0x7f.1`, `2130706433`) into the plain form.
 */
export function isPublicOrigin(url: string): boolean {
  const host = hostnameOf(url)?.replace(/\.$/, "") ?? "";
  const isAddress = host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  return !isAddress && host !== "localhost" && !host.endsWith(".localhost");
}

export function textRule(accepted: string, accepts: (text: string) => boolean): Rule<string> {
  return { accepts: (value): value is string => typeof value === "string" && accepts(value), accepted };
}

function numberRule(accepted: string, accepts: (value: number) => boolean): Rule<number> {
  return { accepts: (value): value is number => typeof value === "number" && accepts(value), accepted };
}

/** A time that does not exist, such as the 30th of February, changes when it is parsed and written again. */
function isoSeconds(time: number): string | undefined {
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function isNormalised(path: string): boolean {
  const url = `http://any${path}`;
  return URL.canParse(url) && new URL(url).pathname === path;
}

/**
 * The URL parser separates names from addresses. It takes or rewrites `1.2.3.4` and `127.1` as addresses, and refuses
 * `any.1.2.3.4`.
 */
function isHostName(text: string): boolean {
  const isName = text.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(text);
  return isName && hostnameOf(`http://${text}/`) === text;
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
