const HOSTNAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);
const SAFE_METHODS = new Set(["GET", "HEAD"]);

/**
 * Whether a request is meant for the demonstration. It must come to an address of this machine, because a name that
 * another person owns may lead here, too. It must not be a post from another site's page. `Sec-Fetch-Site` tells where
 * a post comes from, else `Origin`; a client that sends neither is not a modern browser.
 *
 * @param url where the demonstration runs.
 */
export function isOwnRequest(request: Request, url: string): boolean {
  const { hostname, port, origin } = new URL(request.url);
  if (!HOSTNAMES.has(hostname) || port !== new URL(url).port) return false;
  if (SAFE_METHODS.has(request.method)) return true;
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "same-origin";
  return (request.headers.get("Origin") ?? origin) === origin;
}
