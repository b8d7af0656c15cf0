import { createWhrw1 } from "../affinity/whrw1.ts";
import type { ResolvedRoute } from "../config/resolved.ts";
import type { IgnoreConfig } from "../config/types.ts";
import type { AskedParts, ReadHeaders } from "../lib/asked.ts";

/** The parts of a request that routes look at. */
export interface RouteFacts {
  /** As in `Host` or `URL.host`: case, a port and one trailing dot do not count; IPv6 stands in brackets. */
  readonly host: string;
  /**
   * The normalised path, `URL.pathname`: Moor matches the same path that it sends to the origin. The path is compared
   * byte for byte: `/Cart`, `/cart/`, `//cart` and `/c%61rt` are not `/cart`, and `%2F` is no slash. So a route chooses
   * a pool and guards nothing: an origin may read two such paths as the same path.
   */
  readonly pathname: string;
  readonly method: string;
  /** The client's own. */
  readonly headers: ReadHeaders;
}

/** Which requests go to which pool. */
export interface Routes {
  /** The first route whose conditions all match; `undefined` if no route matches. */
  match(facts: RouteFacts): ResolvedRoute | undefined;
}

type Matches = (value: string) => boolean;

/**
 * Compiles routes. Hosts are `name`, `*.suffix` or `undefined` for any host. `*.suffix` needs one or more labels before
 * the suffix, so it does not match the suffix itself. Paths are `/exact`, `/prefix/*` (`/prefix` and all paths below
 * it) or `/*`.
 */
export function createRoutes(routes: readonly ResolvedRoute[]): Routes {
  const compiled = routes.map((route) => ({
    route,
    host: hostMatcher(route.host),
    onlyHost: route.host === undefined || route.host.startsWith("*.") ? undefined : hostName(route.host),
    path: route.path === "/*" ? undefined : pathMatcher(route.path),
  }));
  const looksAtHosts = routes.some(({ host }) => host !== undefined);
  const named = new Set(compiled.map(({ onlyHost }) => onlyHost));
  const ofHosts = new Map<string | undefined, ByTop>();
  return {
    match({ host, pathname, method, headers }) {
      const name = looksAtHosts ? hostName(host) : host;
      const known = looksAtHosts && named.has(name) ? name : undefined;
      // A site may have a thousand hosts, and an isolate meets few of them.
      let ofHost = ofHosts.get(known);
      if (!ofHost) {
        ofHost = byTop(compiled.filter(({ onlyHost }) => onlyHost === undefined || onlyHost === known));
        ofHosts.set(known, ofHost);
      }
      for (const { route, host, path } of ofHost.tops.get(topOf(pathname)) ?? ofHost.others) {
        const fits =
          (!host || host(name)) &&
          (!path || path(pathname)) &&
          (!route.methods || route.methods.includes(method)) &&
          route.headers.every((wanted) => matchesHeader(wanted, headers.get(wanted.name)));
        if (fits) return route;
      }
      return undefined;
    },
  };
}

interface Compiled {
  readonly route: ResolvedRoute;
  readonly host: Matches | undefined;
  /** The one host that matches. `undefined`: several hosts may. */
  readonly onlyHost: string | undefined;
  readonly path: Matches | undefined;
}

/** Routes by the top of their paths, so that a thousand routes cost a request no more than ten. Each list has the order of the routes. */
interface ByTop {
  /** Routes that a path with this top may match. */
  readonly tops: ReadonlyMap<string, readonly Compiled[]>;
  /** Routes that a path with any other top may match. */
  readonly others: readonly Compiled[];
}

function byTop(compiled: readonly Compiled[]): ByTop {
  const tops = new Map<string, Compiled[]>();
  const others: Compiled[] = [];
  for (const one of compiled) {
    const { path } = one.route;
    if (path === "/*") {
      others.push(one);
      for (const list of tops.values()) list.push(one);
      continue;
    }
    const top = topOf(path);
    const list = tops.get(top) ?? [...others];
    list.push(one);
    tops.set(top, list);
  }
  return { tops, others };
}

/** The first segment of a path, or of the pattern of a path, with the slash before it. */
function topOf(path: string): string {
  const end = path.indexOf("/", 1);
  return end < 0 ? path : path.slice(0, end);
}

function matchesHeader({ value }: ResolvedRoute["headers"][number], found: string | null): boolean {
  return found !== null && (value === undefined || value === found);
}

function hostMatcher(pattern: string | undefined): Matches | undefined {
  if (pattern === undefined) return undefined;
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

/** Which of a route's pools a session goes to. */
export type Split<T> = (sessionId: string) => T;

/**
 * Divides sessions among the sides of a route by weight. A session stays on its side. A change of the weights moves
 * only the share of sessions that it changes.
 *
 * @param sides at least one; a single side takes all sessions.
 */
export function createSplit<T>(sides: readonly { id: string; weight: number }[], sideOf: (id: string) => T): Split<T> {
  const values = sides.map(({ id }) => sideOf(id));
  if (values.length === 1) return () => values[0] as T;
  // Hashed with a salt of its own, or a side would get sessions that all meet the same of its origins.
  const affinity = createWhrw1(sides, { salt: "split:" });
  return (sessionId) => values[affinity.order(sessionId, 1)[0] as number] as T;
}

/** Whether a request needs no session. */
export type Ignores = (request: AskedParts, pathname: string) => boolean;

type Condition = (request: AskedParts, pathname: string) => boolean;

/** Compiles patterns: a request is ignored if it meets all conditions of at least one pattern. */
export function createIgnores(patterns: readonly IgnoreConfig[]): Ignores {
  const compiled = patterns.map(conditionsOf);
  return (request, pathname) => compiled.some((conditions) => conditions.every((meets) => meets(request, pathname)));
}

function conditionsOf({ path, extensions, methods, destinations, accept, contentTypes }: IgnoreConfig): Condition[] {
  const conditions: Condition[] = [];
  if (methods) conditions.push(({ method }) => methods.includes(method));
  if (path) {
    const matches = pathMatcher(path);
    conditions.push((_, pathname) => matches(pathname));
  }
  if (extensions) {
    const endings = extensions.map((extension) => `.${extension.toLowerCase()}`);
    conditions.push((_, pathname) => endings.some((ending) => pathname.toLowerCase().endsWith(ending)));
  }
  if (destinations) conditions.push(({ headers }) => destinations.includes(headers.get("Sec-Fetch-Dest") ?? ""));
  if (accept) conditions.push(({ headers }) => fits(accept, firstOf(headers.get("Accept"), ",")));
  if (contentTypes) conditions.push(({ headers }) => fits(contentTypes, headers.get("Content-Type")));
  return conditions;
}

function firstOf(list: string | null, separator: string): string | null {
  return list === null ? null : (list.split(separator, 1)[0] ?? null);
}

/**
 * Whether a media type (RFC 9110 section 8.3.1; its parameters do not count) is in `types`, or of the kind of a
 * `kind/*`.
 */
function fits(types: readonly string[], given: string | null): boolean {
  const type = firstOf(given, ";")?.trim().toLowerCase() ?? "";
  return types.some((wanted) => (wanted.endsWith("/*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted));
}
