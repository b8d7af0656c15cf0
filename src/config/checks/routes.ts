import {
  headerValue,
  hedgeAfter,
  hostName,
  hostPattern,
  id,
  isRecord,
  method,
  originUrl,
  pathPattern,
  share,
  token,
} from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { definedOf, POOL_DEFAULTS } from "../defaults.ts";
import { repeatedIds } from "./pools.ts";

/**
 * Mistakes between routes, and between routes and their pools. `byDefault`: the configuration lists no routes, so every request
 * goes to the first pool.
 */
export function routeMistakes(
  routes: readonly Item[],
  pools: readonly Item[],
  { byDefault }: { byDefault: boolean },
): Mistake[] {
  return [
    ...routes.flatMap((route) => poolsOf(route, pools)),
    ...routes.flatMap(repeatedHeaders),
    ...routes.flatMap(lockWithoutSession),
    ...routes.flatMap(crossSiteWithoutSession),
    ...routes.flatMap(socketWithoutSession),
    ...routes.flatMap((route) => hedgeMistakes(route, pools)),
    ...hiddenRoutes(routes),
    ...zoneMistakes(pools, byDefault ? undefined : routes),
  ];
}

function poolsOf({ value, path }: Item, pools: readonly Item[]): Mistake[] {
  if (!Array.isArray(value.pool)) return unknownPool(value.pool, `${path}.pool`, pools);
  const sides = itemsOf(value, "pool", path);
  const weights = sides.map((side) => side.value.weight);
  const nobody = weights.length > 0 && weights.every((weight) => share.accepts(weight) && weight === 0);
  return [
    ...sides.flatMap((side) => unknownPool(side.value.id, `${side.path}.id`, pools)),
    ...repeatedIds(sides, "each pool once"),
    ...(nobody ? [{ path: `${path}.pool`, found: "weights of 0 alone", accepted: "a weight above 0" }] : []),
    ...(sides.length > 1 ? sides.flatMap((side) => learningSide(side, pools)) : []),
  ];
}

/** The mistake of a name that no pool has. */
export function unknownPool(pool: unknown, path: string, pools: readonly Item[]): Mistake[] {
  const ids = pools.map(({ value }) => value.id).filter(id.accepts);
  if (!id.accepts(pool) || ids.includes(pool)) return [];
  const known = [...new Set(ids)].join(", ") || "there is none yet";
  return [{ path, found: describe(pool), accepted: `the id of a pool: ${known}` }];
}

/**
 * A split route assigns each visitor to a side by their session. A pool that learns cookies serves applications that keep their
 * sessions to themselves, so their visitors have no session to choose a side by.
 */
function learningSide({ value, path }: Item, pools: readonly Item[]): Mistake[] {
  const pool = pools.find((candidate) => candidate.value.id === value.id);
  if (pool?.value.learn === undefined) return [];
  const accepted = "in a split: a pool that does not learn, as sides go by the session of Moor";
  return [{ path: `${path}.id`, found: `${describe(value.id)}, which learns from a cookie`, accepted }];
}

function repeatedHeaders({ value, path }: Item): Mistake[] {
  const headers = itemsOf(value, "headers", path).filter((header) => token.accepts(header.value.name));
  const names = headers.map((header) => String(header.value.name).toLowerCase());
  return headers.flatMap((header, index) =>
    names.indexOf(names[index] as string) < index
      ? [{ path: `${header.path}.name`, found: `${describe(header.value.name)} again`, accepted: "each header once" }]
      : [],
  );
}

function lockWithoutSession({ value, path }: Item): Mistake[] {
  if (value.session !== false || (value.locking !== "writes" && value.locking !== "all")) return [];
  const accepted = "none, as the route has no session to lock";
  return [{ path: `${path}.locking`, found: describe(value.locking), accepted }];
}

function crossSiteWithoutSession({ value, path }: Item): Mistake[] {
  if (value.session !== false || (value.crossSite !== "repost" && value.crossSite !== "allow")) return [];
  const accepted = "none, as the route has no session to keep";
  return [{ path: `${path}.crossSite`, found: describe(value.crossSite), accepted }];
}

function socketWithoutSession({ value, path }: Item): Mistake[] {
  if (value.session !== false || value.maxSocketSeconds === undefined) return [];
  const accepted = "none, as sockets of the route belong to no session";
  return [{ path: `${path}.maxSocketSeconds`, found: describe(value.maxSocketSeconds), accepted }];
}

/** The requests that a route matches. */
interface Pattern {
  readonly host: string | undefined;
  readonly path: string;
  /** `undefined`: any method. */
  readonly methods: readonly string[] | undefined;
  /** By name in lower case; `undefined`: any value. */
  readonly headers: ReadonlyMap<string, string | undefined>;
}

function hiddenRoutes(routes: readonly Item[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const earlier: { pattern: Pattern; path: string }[] = [];
  for (const { value, path } of routes) {
    const pattern = patternOf(value);
    if (!pattern) continue;
    if (pattern.path.startsWith("/.moor/")) {
      const accepted = "a path outside /.moor/, which is Moor's own";
      mistakes.push({ path: `${path}.path`, found: describe(pattern.path), accepted });
    } else {
      const hiding = routesThatHide(pattern, earlier);
      const found = `${describe(pattern.path)}, which ${hiding.join(" and ")} always ${hiding.length > 1 ? "take" : "takes"} first`;
      const accepted = "a route that can match; put narrower routes first";
      if (hiding.length > 0) mistakes.push({ path: `${path}.path`, found, accepted });
    }
    earlier.push({ pattern, path });
  }
  return mistakes;
}

function patternOf({ host, path, methods, headers = [] }: Record<string, unknown>): Pattern | undefined {
  if (!pathPattern.accepts(path)) return undefined;
  if (host !== undefined && !hostPattern.accepts(host)) return undefined;
  if (methods !== undefined && !(Array.isArray(methods) && methods.every(method.accepts))) return undefined;
  if (!Array.isArray(headers) || !headers.every(isHeader)) return undefined;
  return { host, path, methods, headers: new Map(headers.map(({ name, value }) => [name.toLowerCase(), value])) };
}

function isHeader(input: unknown): input is { name: string; value?: string } {
  if (!isRecord(input) || !token.accepts(input.name)) return false;
  return input.value === undefined || headerValue.accepts(input.value);
}

/** Whether a route can match no request, because earlier routes take all of its requests. */
export function isHidden(route: Record<string, unknown>, earlier: readonly Record<string, unknown>[]): boolean {
  const pattern = patternOf(route);
  const known = earlier.flatMap((value, index) => {
    const each = patternOf(value);
    return each ? [{ pattern: each, path: String(index) }] : [];
  });
  return pattern !== undefined && routesThatHide(pattern, known).length > 0;
}

/** The earlier routes that together take every request of `pattern`. Empty if some request is left for it. */
function routesThatHide(pattern: Pattern, earlier: readonly { pattern: Pattern; path: string }[]): string[] {
  const wider = earlier.filter((candidate) => coversButForMethods(candidate.pattern, pattern));
  // Several routes can share out the methods between them, because there are few. Paths, hosts and values cannot be shared out:
  // there are endlessly many.
  const hiding = (pattern.methods ?? [undefined]).map(
    (asked) =>
      wider.find(({ pattern: { methods } }) => !methods || (asked !== undefined && methods.includes(asked)))?.path,
  );
  return hiding.includes(undefined) ? [] : wider.map(({ path }) => path).filter((path) => hiding.includes(path));
}

function coversButForMethods(wide: Pattern, narrow: Pattern): boolean {
  const sameHeaders = [...wide.headers].every(([name, value]) => {
    return narrow.headers.has(name) && (value === undefined || value === narrow.headers.get(name));
  });
  return sameHeaders && coversHost(wide.host, narrow.host) && coversPath(wide.path, narrow.path);
}

/** Whether a host pattern matches every host of another pattern. */
export function coversHost(wide: string | undefined, narrow: string | undefined): boolean {
  if (wide === undefined || wide === narrow) return true;
  return narrow !== undefined && wide.startsWith("*.") && narrow.endsWith(wide.slice(1));
}

/** Whether a path pattern matches every path of another pattern. */
export function coversPath(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (!wide.endsWith("/*")) return false;
  const below = wide.slice(0, -1);
  return narrow.startsWith(below) || `${narrow}/` === below;
}

/** Reasons why a route cannot hedge: two answers would not be worth the same, or an attempt ends before the hedge would start. */
export function hedgeMistakes(route: Item, pools: readonly Item[]): Mistake[] {
  const { hedgeAfterMs, session } = route.value;
  if (!hedgeAfter.accepts(hedgeAfterMs)) return [];
  const mayHedge = ({ value }: Item) => {
    const settings: Item["value"] = { ...POOL_DEFAULTS, ...definedOf(value), ...definedOf(route.value) };
    const { learn, strictAffinity, attemptDeadlineMs } = settings;
    return learn === undefined && strictAffinity !== true && !(hedgeAfterMs > Number(attemptDeadlineMs));
  };
  if (session === false && pools.filter(({ value }) => leadsTo(route, value.id)).every(mayHedge)) return [];
  const accepted = "1 to the attempt's deadline, with session: false, and neither learn nor strictAffinity";
  return [{ path: `${route.path}.hedgeAfterMs`, found: describe(hedgeAfterMs), accepted }];
}

const REASON = "as the pool's host is client, and cf.resolveOverride works within one zone only";

/**
 * Reasons why a pool cannot send the client's `Host`: its origins and all hosts of its routes must belong to one zone.
 *
 * @param routes `undefined`: the configuration lists no routes, so every host goes to the first pool.
 */
export function zoneMistakes(pools: readonly Item[], routes: readonly Item[] | undefined): Mistake[] {
  return pools.flatMap(({ value, path }, index): Mistake[] => {
    const { host, zone } = value;
    if (host !== "client") return [];
    if (zone === undefined) {
      const accepted = `"client" only with the zone of the pool's origins and routes: cf.resolveOverride works within one zone only`;
      return [{ path: `${path}.host`, found: '"client" without a zone', accepted }];
    }
    if (!hostName.accepts(zone)) return [];
    const anyHost = {
      path: `${path}.host`,
      found: '"client", and no route',
      accepted: `routes with hosts in ${zone}, ${REASON}`,
    };
    return [
      ...itemsOf(value, "origins", path).flatMap((origin) => outsideOrigin(origin, zone)),
      ...(routes ?? []).filter((route) => leadsTo(route, value.id)).flatMap((route) => outsideRoute(route, zone)),
      ...(routes === undefined && index === 0 ? [anyHost] : []),
    ];
  });
}

function outsideOrigin({ value: { url, service }, path }: Item, zone: string): Mistake[] {
  const accepted = `a host in ${zone}, ${REASON}`;
  if (service !== undefined)
    return [{ path: `${path}.service`, found: describe(service), accepted: `nothing: ${accepted}` }];
  if (!originUrl.accepts(url) || isWithin(new URL(url).hostname, zone)) return [];
  return [{ path: `${path}.url`, found: describe(url), accepted }];
}

function outsideRoute({ value: { host }, path }: Item, zone: string): Mistake[] {
  if (host !== undefined && !hostPattern.accepts(host)) return [];
  if (host !== undefined && isWithin(host.replace(/^\*\./, ""), zone)) return [];
  return [{ path: `${path}.host`, found: describe(host), accepted: `a host in ${zone}, ${REASON}` }];
}

/** Whether a route sends requests, or a share of them, to the pool with this id. */
export function leadsTo({ value: { pool } }: Item, id: unknown): boolean {
  return pool === id || (Array.isArray(pool) && pool.some((side) => (side as { id?: unknown } | null)?.id === id));
}

function isWithin(host: string, zone: string): boolean {
  return host === zone || host.endsWith(`.${zone}`);
}
