import { id, isPublicOrigin, originUrl, time } from "./grammar.ts";
import { healthCheckMistakes } from "./health-check-relations.ts";
import { type Item, itemsOf } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";
import { nginxMistakes, slowStartMistakes } from "./nginx-relations.ts";
import { outlierMistakes } from "./outlier-relations.ts";
import { regionMistakes } from "./region-relations.ts";

/** What is wrong between the values of pools. */
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
    ...origins.flat().flatMap(emptyIntervals),
    ...(options.deploy ? origins.flat().flatMap(unreachable) : []),
  ];
}

/** Ids that stand for two things. */
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
