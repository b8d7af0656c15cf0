import { isHidden } from "../../src/config/checks/routes.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import { covers, intersection, type Match } from "./match.ts";
import type { Place, Remark } from "./remark.ts";

/** The pool of a rule, and the settings of its route. */
export type Target = Pick<RouteConfig, "pool" | "attemptDeadlineMs" | "retryOn" | "retryOrigins">;

/** A rule of another balancer. The first rule that matches a request is taken. */
export interface Rule extends Place {
  /** The rule as the file names it: `location /api`. */
  readonly name: string;
  readonly match: Match;
  /** Requests that the rule does not take although they match. Default: none. */
  readonly except?: readonly Match[];
  /** A text: the balancer sends its requests to no server, for this reason. */
  readonly target: Target | string;
}

/** The routes of rules, and remarks about requests that go elsewhere than the rules say. */
export interface ReadRules {
  readonly routes: readonly RouteConfig[];
  readonly notes: readonly Remark[];
}

/** Writes rules as routes that take the same requests, as far as routes can. */
export function routesOf(rules: readonly Rule[]): ReadRules {
  const all: RouteConfig[] = [];
  const hidden = new Set<Rule>();
  for (const [index, rule] of rules.entries()) {
    for (const route of routesFor(rule.match, rules.slice(index), 1)) {
      const isOwn = typeof rule.target !== "string" && isSame(route, rule.target) && route.path === rule.match.path;
      if (!isHidden({ ...route }, asRecords(all))) all.push(route);
      else if (isOwn) hidden.add(rule);
    }
  }
  const routes = withoutNeedless(all);
  return { routes, notes: rules.flatMap((rule) => notesOf(rule, routes, hidden.has(rule))) };
}

const asRecords = (routes: readonly RouteConfig[]) => routes.map((route) => ({ ...route }));

/** The routes by which the requests of a match go as rules say. `most`: how many rules are read at most. */
function routesFor(match: Match, rules: readonly Rule[], most: number): RouteConfig[] {
  const routes: RouteConfig[] = [];
  for (const [index, rule] of rules.slice(0, most).entries()) {
    const shared = intersection(rule.match, match);
    if (!shared) continue;
    const later = rules.slice(index + 1);
    for (const exception of [...itself(shared), ...(rule.except ?? [])]) {
      const left = intersection(shared, exception);
      if (left) routes.push(...routesFor(left, later, later.length));
    }
    if (typeof rule.target === "string") continue;
    routes.push(routeOf(shared, rule.target));
    if (covers(rule.match, match)) break;
  }
  return routes;
}

/** A prefix `/api/` does not take `/api`, and the pattern `/api/*` does. */
function itself({ textPrefix, ...rest }: Match): Match[] {
  return textPrefix?.endsWith("/") ? [{ ...rest, path: textPrefix.slice(0, -1) }] : [];
}

function routeOf({ textPrefix: _, host, path, methods, headers }: Match, target: Target): RouteConfig {
  return {
    ...(host !== undefined && { host }),
    path,
    ...(methods && { methods }),
    ...(headers && { headers }),
    ...target,
  };
}

/** Leaves out each route whose requests would go the same way without it. */
function withoutNeedless(routes: readonly RouteConfig[]): RouteConfig[] {
  const later: RouteConfig[] = [];
  for (const route of routes.toReversed()) if (!isNeedless(route, later)) later.unshift(route);
  return later;
}

function isNeedless(route: RouteConfig, later: readonly RouteConfig[]): boolean {
  for (const other of later) {
    if (!intersection(route, other)) continue;
    if (!isSame(route, other)) return false;
    if (covers(other, route)) return true;
  }
  return false;
}

function isSame(one: Target, other: Target): boolean {
  const text = ({ pool, attemptDeadlineMs, retryOn, retryOrigins }: Target) =>
    JSON.stringify([pool, attemptDeadlineMs, retryOn, retryOrigins]);
  return text(one) === text(other);
}

function notesOf(rule: Rule, routes: readonly RouteConfig[], hidden: boolean): Remark[] {
  const { name, match, target, file, line } = rule;
  const sample = sampleOf(match);
  const { textPrefix } = match;
  if (typeof target === "string") {
    return [{ file, line, text: `${name} ${target}; Moor ${fateOf(sample, routes)}` }];
  }
  if (textPrefix !== undefined && !textPrefix.endsWith("/")) {
    const longer = { ...sample, path: `${textPrefix}-x` };
    const other = routes.find((route) => covers(route, longer));
    if (other && isSame(other, target)) return [];
    const text = `${name} also takes paths that go on without a slash, as in ${textPrefix}-x; Moor ${fateOf(longer, routes)}`;
    return [{ file, line, text }];
  }
  const taken = routes.find((route) => covers(route, sample));
  if (!hidden || (taken && isSame(taken, target))) return [];
  return [{ file, line, text: `${name} takes no request here, because an earlier rule takes all of them` }];
}

/** A request that a match takes. Its path is no other rule's path, if the match leaves a choice. */
function sampleOf({ host, path, methods, headers }: Match): Match {
  return {
    ...(host !== undefined && { host: host.replace(/^\*/, "any") }),
    path: path.endsWith("/*") ? `${path.slice(0, -1)}any-other-path` : path,
    methods: [methods?.[0] ?? "GET"],
    headers: (headers ?? []).map(({ name, value = "any" }) => ({ name, value })),
  };
}

function fateOf(sample: Match, routes: readonly RouteConfig[]): string {
  const route = routes.find((each) => covers(each, sample));
  if (!route) return "answers these requests with 404";
  const pools = Array.isArray(route.pool) ? route.pool.map(({ id }) => id).join(" and ") : route.pool;
  return `sends these requests to ${pools}, by the route ${route.path}`;
}
