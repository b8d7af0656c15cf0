/** The path of the operators' console. */
export const CONSOLE_PATH = "/.moor/console";

/** How long a path with its query may be to travel in an envelope, in bytes. */
const MOST_BYTES = 1_024;

/**
 * The address at this site that a visitor wants, for the path that they gave. It is absolute: a browser would read a relative
 * `//evil.test` as another site.
 *
 * @returns `undefined` if the text is no path of this site, or a path of Moor's own other than the console.
 */
export function destinationOf(to: string, { origin }: URL): URL | undefined {
  const target = to.startsWith("/") ? URL.parse(origin + to) : null;
  return target?.origin === origin && isPage(target.pathname) ? target : undefined;
}

function isPage(pathname: string): boolean {
  if (!pathname.startsWith("/.moor/")) return true;
  return (
    (typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE) &&
    (pathname === CONSOLE_PATH || pathname === `${CONSOLE_PATH}/login`)
  );
}

/** The path of an address as an envelope keeps it. A long query is left out. */
export function keptPathOf({ pathname, search }: URL): string {
  const whole = pathname + search;
  if (whole.length <= MOST_BYTES) return whole;
  return pathname.length <= MOST_BYTES ? pathname : "/";
}
