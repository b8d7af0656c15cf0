const HOSTNAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);
const SAFE_METHODS = new Set(["GET", "HEAD"]);

/**
 * Whether a request is meant for the demonstration: at an address of this machine (a name that somebody else owns may lead here, too),
 * and not a post that another site's page makes. `Sec-Fetch-Site` tells where a post comes from, else `Origin`; a client that sends
 * neither is no browser of today.
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
