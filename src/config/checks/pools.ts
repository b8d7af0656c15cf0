import { algorithmOf } from "../../affinity/algorithms.ts";
import {
  healthCheckRules,
  id,
  isPublicOrigin,
  isRecord,
  originUrl,
  outlierRules,
  slowStart,
  statusRules,
  successRateRules,
  time,
} from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { HEALTH_CHECK_DEFAULTS, OUTLIER_DEFAULTS, SUCCESS_RATE_DEFAULTS } from "../defaults.ts";
import { REGIONS } from "../regions.ts";

/** Mistakes between the values of pools. */
export function poolMistakes(pools: readonly Item[], options: { deploy: boolean }): Mistake[] {
  const origins = pools.map((pool) => itemsOf(pool.value, "origins", pool.path));
  return [
    ...repeatedIds(pools, "an id that no other pool has"),
    ...origins.flatMap((inOnePool) => repeatedIds(inOnePool, "an id that no other origin of the pool has")),
    ...pools.flatMap(({ value }, index) => nginxMistakes(value.affinity, origins[index] ?? [])),
    ...pools.flatMap(slowStartMistakes),
    ...pools.flatMap(regionMistakes),
    ...origins.flatMap(allDown),
    ...pools.flatMap(outlierMistakes),
    ...pools.flatMap(healthCheckMistakes),
    ...pools.flatMap(writeMistakes),
    ...(typeof MOOR_FORMER_BALANCER === "undefined" || MOOR_FORMER_BALANCER
      ? pools.flatMap(formerBalancerMistakes)
      : []),
    ...origins.flat().flatMap(emptyIntervals),
    ...(options.deploy ? origins.flat().flatMap(unreachable) : []),
  ];
}

/** Mistakes of ids that occur more than once in a list. */
export function repeatedIds(items: readonly Item[], accepted: string): Mistake[] {
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

/**
 * A pool's patches may touch the attributes that the pool sees, unless `write` names others. So a pool that sees no attribute can
 * patch none.
 */
function writeMistakes({ value: { session }, path }: Item): Mistake[] {
  if (!isRecord(session)) return [];
  const { see, write, may } = session;
  const writesNothing = write === undefined && Array.isArray(see) && see.length === 0;
  if (!writesNothing || !Array.isArray(may) || !may.includes("patch")) return [];
  const accepted = "no patch, as the pool sees nothing; or write, with the names that it may patch";
  return [{ path: `${path}.session.may`, found: describe("patch"), accepted }];
}

/** Pins bind visitors to the servers of a former balancer, so the pool must have pins. */
function formerBalancerMistakes({ value, path }: Item): Mistake[] {
  if (value.formerBalancer === undefined) return [];
  const { algorithm } = isRecord(value.affinity) ? value.affinity : {};
  const policies = itemsOf(value, "hashPolicy", path);
  const reasons: readonly (readonly [string, unknown, boolean])[] = [
    ["learn", value.learn, value.learn !== undefined],
    ["failback", value.failback, value.failback === "immediate"],
    ["affinity.algorithm", algorithm, typeof algorithm === "string" && algorithm.startsWith("nginx-")],
    ["hashPolicy", value.hashPolicy, policies.some((policy) => policy.value.type !== "session-id")],
  ];
  return reasons
    .filter(([, , isWrong]) => isWrong)
    .map(([name, found]) => {
      const accepted = "with formerBalancer: a pool that goes by the session's id, with pins";
      return { path: `${path}.${name}`, found: describe(found), accepted };
    });
}

function allDown(origins: readonly Item[]): Mistake[] {
  const [first] = origins;
  if (!first || origins.some(({ value }) => value.down !== true)) return [];
  return [{ path: `${first.path}.down`, found: "true, and so for all", accepted: "an origin that is not down" }];
}

function emptyIntervals({ value, path }: Item): Mistake[] {
  return itemsOf(value, "open", path).flatMap((interval) => {
    const { from, until } = interval.value;
    if (!time.accepts(from) || !time.accepts(until) || from < until) return [];
    return [{ path: `${interval.path}.until`, found: describe(until), accepted: `a time after from, ${from}` }];
  });
}

function unreachable({ value, path }: Item): Mistake[] {
  if (!originUrl.accepts(value.url) || isPublicOrigin(value.url) || value.service !== undefined) return [];
  const accepted = "in a deploy: a public host name, no IP address and no localhost";
  return [{ path: `${path}.url`, found: describe(value.url), accepted }];
}

/** Mistakes of a pool's origins for an algorithm of nginx, which takes whole weights and, for a ring, the names of servers. */
export function nginxMistakes(affinity: unknown, origins: readonly Item[]): Mistake[] {
  const algorithm = (affinity as { algorithm?: unknown } | undefined)?.algorithm;
  if (typeof algorithm !== "string" || !algorithm.startsWith("nginx-")) return [];
  const servers = origins.filter(({ value }) => value.backup !== true);
  if (servers.length === 0 && origins[0]) {
    const accepted = `an origin that is no backup, as the pool goes by ${algorithm}`;
    return [{ path: `${origins[0].path}.backup`, found: "true, and so for all", accepted }];
  }
  return [
    ...servers.flatMap(({ value: { weight }, path }) =>
      typeof weight === "number" && !Number.isInteger(weight)
        ? [
            {
              path: `${path}.weight`,
              found: describe(weight),
              accepted: `a whole number, as the pool goes by ${algorithm}`,
            },
          ]
        : [],
    ),
    ...(algorithm === "nginx-chash" ? nameMistakes(servers) : []),
  ];
}

/** The mistake of a pool that has slow start but keeps an algorithm that does not support it. */
export function slowStartMistakes({ value, path }: Item): Mistake[] {
  const { affinity, slowStartSeconds: seconds } = value;
  const { algorithm, cutOver } = isRecord(affinity) ? affinity : {};
  const isNginx = typeof algorithm === "string" && algorithm.startsWith("nginx-") && cutOver === undefined;
  const isWithout = isNginx || algorithmOf(algorithm)?.hasSlowStart === false;
  if (!isWithout || !slowStart.accepts(seconds) || seconds === 0) return [];
  const otherwise = isNginx ? "an affinity.cutOver" : "another algorithm";
  const accepted = `0, or ${otherwise}, as the pool goes by ${algorithm} and not by whrw1`;
  return [{ path: `${path}.slowStartSeconds`, found: describe(seconds), accepted }];
}

function nameMistakes(servers: readonly Item[]): Mistake[] {
  const accepted = "the server exactly as nginx's configuration names it, each once, as the pool goes by nginx-chash";
  const first = new Map<unknown, string>();
  return servers.flatMap(({ value: { nginxServer }, path }) => {
    const earlier = first.get(nginxServer);
    if (earlier === undefined) first.set(nginxServer, path);
    if (nginxServer !== undefined && earlier === undefined) return [];
    const found = nginxServer === undefined ? "nothing" : `${describe(nginxServer)}, as at ${earlier}`;
    return [{ path: `${path}.nginxServer`, found, accepted }];
  });
}

/** Mistakes in the regions of a pool's origins. Either every origin that is not a backup has a region, or no origin has. */
export function regionMistakes(pool: Item): Mistake[] {
  const origins = itemsOf(pool.value, "origins", pool.path);
  const { algorithm, cutOver } = isRecord(pool.value.affinity) ? pool.value.affinity : {};
  const isNginx = typeof algorithm === "string" && algorithm.startsWith("nginx-") && cutOver === undefined;
  const isZoned = origins.some(({ value }) => isRegion(value.region) && value.backup !== true);
  return origins.flatMap(({ value: { region, backup }, path }) => {
    const at = `${path}.region`;
    if (region === undefined) {
      if (!isZoned || backup === true) return [];
      const accepted = `one of ${REGIONS.join(", ")}, as other origins of the pool have a region`;
      return [{ path: at, found: "nothing", accepted }];
    }
    if (!isRegion(region)) return [];
    const found = describe(region);
    if (backup === true) return [{ path: at, found, accepted: "nothing, as a backup stands in for all regions" }];
    if (!isNginx) return [];
    const accepted = `nothing, or an affinity.cutOver, as the pool goes by ${algorithm} and not by whrw1`;
    return [{ path: at, found, accepted }];
  });
}

function isRegion(value: unknown): boolean {
  return (REGIONS as readonly unknown[]).includes(value);
}

/** Mistakes between the values of a pool's health check. */
export function healthCheckMistakes({ value, path }: Item): Mistake[] {
  const { healthCheck: given } = value;
  if (!isRecord(given)) return [];
  const at = `${path}.healthCheck`;
  const mistakes = itemsOf(given, "expectedStatuses", at).flatMap(emptyRange);
  const { intervalSeconds = HEALTH_CHECK_DEFAULTS.intervalSeconds, timeoutMs } = given;
  const { unhealthyIntervalSeconds = intervalSeconds } = given;
  const isRight =
    healthCheckRules.intervalSeconds.accepts(intervalSeconds) &&
    healthCheckRules.unhealthyIntervalSeconds.accepts(unhealthyIntervalSeconds) &&
    healthCheckRules.timeoutMs.accepts(timeoutMs);
  if (!isRight) return mistakes;
  const mostMs = Math.min(intervalSeconds, unhealthyIntervalSeconds) * 1_000;
  if (timeoutMs <= mostMs) return mistakes;
  const accepted = `10 to ${mostMs}, the shorter interval`;
  return [...mistakes, { path: `${at}.timeoutMs`, found: describe(timeoutMs), accepted }];
}

function emptyRange({ value: { start, end }, path }: Item): Mistake[] {
  if (!statusRules.start.accepts(start) || !statusRules.end.accepts(end) || start < end) return [];
  return [{ path: `${path}.end`, found: describe(end), accepted: `${start + 1} to 600, as start is ${start}` }];
}

/** Mistakes between the values of a pool's outlier detection, and between them and its origins. */
export function outlierMistakes({ value, path }: Item): Mistake[] {
  const { outlierDetection: given, origins } = value;
  if (!isRecord(given)) return [];
  const { baseEjectionSeconds: base = OUTLIER_DEFAULTS.baseEjectionSeconds, maxEjectionSeconds: most } = given;
  const { successRate } = given;
  const mistakes: Mistake[] = [];
  const at = `${path}.outlierDetection`;
  const isRight = outlierRules.baseEjectionSeconds.accepts(base) && outlierRules.maxEjectionSeconds.accepts(most);
  if (isRight && most < base) {
    const accepted = `${base} to 86400, as baseEjectionSeconds is ${base}`;
    mistakes.push({ path: `${at}.maxEjectionSeconds`, found: describe(most), accepted });
  }
  if (!isRecord(successRate) || !Array.isArray(origins)) return mistakes;
  const { minimumHosts = SUCCESS_RATE_DEFAULTS.minimumHosts } = successRate;
  if (successRateRules.minimumHosts.accepts(minimumHosts) && minimumHosts > origins.length) {
    const found = successRate.minimumHosts === undefined ? `the default, ${minimumHosts}` : describe(minimumHosts);
    const accepted = `at most ${origins.length}, the origins of the pool; else no rate is ever compared`;
    mistakes.push({ path: `${at}.successRate.minimumHosts`, found, accepted });
  }
  return mistakes;
}
