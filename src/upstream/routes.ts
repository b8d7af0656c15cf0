import type { ResolvedRoute } from "../config/resolved.ts";

/** What routes look at of a request. */
export interface RouteFacts {
  /** As in `Host` or `URL.host`: case, a port and one trailing dot do not count; IPv6 stands in brackets. */
  readonly host: string;
  /**
   * The normalised path, `URL.pathname`: what is sent to the origin is what is matched. It is compared byte for byte,
   * as it stands: `/Cart`, `/cart/`, `//cart` and `/c%61rt` are not `/cart`, and `%2F` is no slash. So a route chooses a
   * pool and guards nothing: an origin may read two such paths as one.
   */
  readonly pathname: string;
  readonly method: string;
  /** The client's own. */
  readonly headers: Headers;
}

/** Which requests go to which pool. */
export interface Routes {
  /** The first route of which everything matches; `undefined` if none does. */
  match(facts: RouteFacts): ResolvedRoute | undefined;
}

type Matches = (value: string) => boolean;

/**
 * Compiles routes. Hosts are `name`, `*.suffix` (one or more labels before it, not the suffix itself) or `undefined`
 * for any; paths are `/exact`, `/prefix/*` (`/prefix` and all below it) or `/*`.
 */
export function createRoutes(routes: readonly ResolvedRoute[]): Routes {
  const compiled = routes.map((route) => ({ route, host: hostMatcher(route.host), path: pathMatcher(route.path) }));
  const looksAtHosts = routes.some(({ host }) => host !== undefined);
  return {
    match({ host, pathname, method, headers }) {
      const name = looksAtHosts ? hostName(host) : host;
      return compiled.find(
        ({ route, host, path }) =>
          host(name) &&
          path(pathname) &&
          (!route.methods || route.methods.includes(method)) &&
          route.headers.every((wanted) => matchesHeader(wanted, headers.get(wanted.name))),
      )?.route;
    },
  };
}

function matchesHeader({ value }: ResolvedRoute["headers"][number], found: string | null): boolean {
  return found !== null && (value === undefined || value === found);
}

function hostMatcher(pattern: string | undefined): Matches {
  if (pattern === undefined) return () => true;
  const name = hostName(pattern);
  if (!name.startsWith("*.")) return (host) => host === name;
  const suffix = name.slice(1);
  return (host) => host.length > suffix.length && host.endsWith(suffix);
}

/** Whether a normalised path fits `/exact`, `/prefix/*` or `/*`. */
export function pathMatcher(pattern: string): Matches {
  if (!pattern.endsWith("/*")) return (path) => path === pattern;
  const below = pattern.slice(0, -1);
  const itself = pattern.slice(0, -2);
  return (path) => path.startsWith(below) || path === itself;
}

/** Lower case, without port and trailing dot. */
function hostName(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  const name = (end < 0 ? host : host.slice(0, end)).toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
