/** In order: many pretend to be those after them. */
const BROWSERS = [
  ["Edge", /\bEdg(?:e|A|iOS)?\//],
  ["Opera", /\b(?:OPR|Opera)\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /\b(?:Chrome|CriOS)\//],
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
 * What a `User-Agent` (RFC 9110 section 10.1.5) says of browser and system, in words that a person knows his devices by:
 * `"Firefox on Linux"`, `"Safari"`, `"Android"`, or "" if it names none that is known.
 *
 * A closed list of words, so that nothing that a client has made up is stored or shown. Clients may lie.
 */
export function deviceOf(userAgent: string): string {
  const read = userAgent.slice(0, READ_CHARACTERS);
  const [browser] = BROWSERS.find(([, pattern]) => pattern.test(read)) ?? [];
  const [system] = SYSTEMS.find(([, pattern]) => pattern.test(read)) ?? [];
  return [browser, system].filter((name) => name !== undefined).join(" on ");
}
