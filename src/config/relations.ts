import { resolveSession } from "./defaults.ts";
import {
  hostPattern,
  id,
  isPublicOrigin,
  isRecord,
  MAX_SESSION_SECONDS,
  originUrl,
  pathPattern,
  sessionRules,
} from "./grammar.ts";
import { describe, type Mistake } from "./mistakes.ts";

/**
 * What is wrong between values of a configuration.
 *
 * It takes any input and looks only at values that are right by themselves, so that one wrong value hides no other
 * mistake and none is listed twice.
 *
 * @param options.deploy also lists origins that a deployed Worker cannot reach.
 */
export function relationMistakes(input: unknown, options: { deploy: boolean }): Mistake[] {
  if (!isRecord(input)) return [];
  const pools = itemsOf(input, "pools");
  const origins = pools.map((pool) => itemsOf(pool.value, "origins", pool.path));
  const routes = itemsOf(input, "routes");
  return [
    ...repeatedIds(pools, "an id that no other pool has"),
    ...origins.flatMap((inOnePool) => repeatedIds(inOnePool, "an id that no other origin of the pool has")),
    ...(options.deploy ? origins.flat().flatMap(unreachable) : []),
    ...unknownPools(routes, pools),
    ...coveredRoutes(routes),
    ...sessionMistakes(input.session),
    ...storesMistakes(input.stores),
  ];
}

interface Item {
  value: Record<string, unknown>;
  path: string;
}

function itemsOf(parent: Record<string, unknown>, key: string, parentPath = ""): Item[] {
  const list = parent[key];
  if (!Array.isArray(list)) return [];
  const path = parentPath ? `${parentPath}.${key}` : key;
  return list.flatMap((value, index) => (isRecord(value) ? [{ value, path: `${path}[${index}]` }] : []));
}

function repeatedIds(items: Item[], accepted: string): Mistake[] {
  const first = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const { value, path } of items) {
    if (!id.accepts(value.id)) continue;
    const earlier = first.get(value.id);
    if (earlier === undefined) first.set(value.id, path);
    else mistakes.push({ path: `${path}.id`, found: `${describe(value.id)}, as at ${earlier}`, accepted });
  }
  return mistakes;
}

function unreachable({ value, path }: Item): Mistake[] {
  if (!originUrl.accepts(value.url) || isPublicOrigin(value.url)) return [];
  const accepted = "in a deploy: a public host name, no IP address and no localhost";
  return [{ path: `${path}.url`, found: describe(value.url), accepted }];
}

function unknownPools(routes: Item[], pools: Item[]): Mistake[] {
  const ids = pools.map((pool) => pool.value.id).filter(id.accepts);
  return routes
    .filter(({ value }) => id.accepts(value.pool) && !ids.includes(value.pool))
    .map(({ value, path }) => ({
      path: `${path}.pool`,
      found: describe(value.pool),
      accepted: `the id of a pool: ${[...new Set(ids)].join(", ") || "there is none yet"}`,
    }));
}

interface Pattern {
  host: string | undefined;
  path: string;
}

function coveredRoutes(routes: Item[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const earlier: { pattern: Pattern; path: string }[] = [];
  for (const { value, path } of routes) {
    const pattern = patternOf(value);
    if (!pattern) continue;
    const cover = earlier.find((candidate) => covers(candidate.pattern, pattern));
    if (pattern.path.startsWith("/.moor/")) {
      mistakes.push({
        path: `${path}.path`,
        found: describe(pattern.path),
        accepted: "a path outside /.moor/, which is Moor's own",
      });
    } else if (cover) {
      const found = `${describe(pattern.path)}, which ${cover.path} always takes first`;
      mistakes.push({ path: `${path}.path`, found, accepted: "a route that can match; put narrower routes first" });
    }
    earlier.push({ pattern, path });
  }
  return mistakes;
}

function patternOf({ host, path }: Record<string, unknown>): Pattern | undefined {
  if (!pathPattern.accepts(path)) return undefined;
  if (host !== undefined && !hostPattern.accepts(host)) return undefined;
  return { host, path };
}

/** Whether every request that `narrow` matches is matched by `wide` too. */
function covers(wide: Pattern, narrow: Pattern): boolean {
  return coversHost(wide.host, narrow.host) && coversPath(wide.path, narrow.path);
}

function coversHost(wide: string | undefined, narrow: string | undefined): boolean {
  if (wide === undefined || wide === narrow) return true;
  return narrow !== undefined && wide.startsWith("*.") && narrow.endsWith(wide.slice(1));
}

function coversPath(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (!wide.endsWith("/*")) return false;
  const below = wide.slice(0, -1);
  return narrow.startsWith(below) || `${narrow}/` === below;
}

type SessionKey = keyof typeof sessionRules;

function sessionMistakes(input: unknown): Mistake[] {
  const given: Record<string, unknown> = isRecord(input) ? input : {};
  const right: Record<string, number> = {};
  for (const [key, rule] of Object.entries(sessionRules)) if (rule.accepts(given[key])) right[key] = given[key];
  const isRight = (key: SessionKey) => given[key] === undefined || key in right;
  const policy = resolveSession(right);
  const within = (key: SessionKey, bound: SessionKey, least: number, most: number): Mistake[] => {
    if (!isRight(key) || !isRight(bound) || (policy[key] >= least && policy[key] <= most)) return [];
    const found = given[key] === undefined ? `the default, ${policy[key]}` : describe(given[key]);
    return [{ path: `session.${key}`, found, accepted: `${least} to ${most}, as ${bound} is ${policy[bound]}` }];
  };
  const hours = policy.absoluteSeconds / 3_600;
  return [
    ...within("absoluteSeconds", "idleSeconds", policy.idleSeconds, MAX_SESSION_SECONDS),
    ...within("firstIdleSeconds", "idleSeconds", 1, policy.idleSeconds),
    ...within("newSessionHours", "absoluteSeconds", Math.min(1, hours), Math.min(168, hours)),
  ];
}

function storesMistakes(stores: unknown): Mistake[] {
  if (!isRecord(stores) || stores.strictBackup !== true) return [];
  const { backup } = stores;
  if (backup !== undefined && backup !== "async" && backup !== "off") return [];
  const found = `true with ${backup === undefined ? "no stores.backup" : `stores.backup ${describe(backup)}`}`;
  return [{ path: "stores.strictBackup", found, accepted: 'true only with stores.backup "sync"' }];
}
