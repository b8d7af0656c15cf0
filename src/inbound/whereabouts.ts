import type { AskedParts } from "../lib/asked.ts";

/** The place and the device of a login; "" where they are unknown. */
export interface Whereabouts {
  /** ISO 3166-1 alpha-2, or `T1` for Tor, as the platform tells by the client's address. */
  readonly country: string;
  /** The data centre, by its code. */
  readonly colo: string;
  /** See {@link deviceOf}. */
  readonly device: string;
}

/** Where a request comes from. Of its `User-Agent` only the words that {@link deviceOf} reads are kept. */
export function whereaboutsOf(request: AskedParts): Whereabouts {
  const { cf } = request as { cf?: { country?: unknown; colo?: unknown } };
  return {
    country: codeIn(cf?.country),
    colo: codeIn(cf?.colo),
    device: deviceOf(request.headers.get("User-Agent") ?? ""),
  };
}

function codeIn(value: unknown): string {
  return typeof value === "string" && /^[A-Z0-9]{2,4}$/.test(value) ? value : "";
}

/** The order matters: many browsers pretend to be a browser that comes later in the list. */
const BROWSERS = [
  ["Edge", /\bEdg(?:e|A|iOS)?\//],
  ["Opera", /\b(?:OPR|Opera)\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /(?:\b|Headless)(?:Chrome|CriOS)\//],
  ["Safari", /\bSafari\//],
  ["curl", /^curl\//],
] as const;

const SYSTEMS = [
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Android", /\bAndroid\b/],
  ["Windows", /\bWindows\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["macOS", /\bMac(?:intosh| OS X)\b/],
  ["Linux", /\bLinux\b/],
] as const;

/** Longer ones are judged by their beginning. */
const READ_CHARACTERS = 512;

/**
 * The browser and the system that a `User-Agent` (RFC 9110 section 10.1.5) names, in words by which people know their
 * devices. Examples are `"Firefox on Linux"`, `"Safari"` and `"Android"`; "" if it names no known browser or system.
 *
 * The list of words is closed, so no text that a client has made up is stored or shown. Clients may lie.
 */
export function deviceOf(userAgent: string): string {
  const read = userAgent.slice(0, READ_CHARACTERS);
  const [browser] = BROWSERS.find(([, pattern]) => pattern.test(read)) ?? [];
  const [system] = SYSTEMS.find(([, pattern]) => pattern.test(read)) ?? [];
  return [browser, system].filter((name) => name !== undefined).join(" on ");
}
