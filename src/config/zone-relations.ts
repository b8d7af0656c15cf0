import { hostName, hostPattern, originUrl } from "./grammar.ts";
import { type Item, itemsOf } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";

const REASON = "as the pool's host is client, and cf.resolveOverride works within one zone only";

/**
 * What keeps a pool from being sent the client's `Host`: its origins and all hosts of its routes must be of one zone.
 *
 * @param routes `undefined`: none is given, every host goes to the first pool.
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

/** Whether a route sends requests, or a share of them, to the pool of an id. */
export function leadsTo({ value: { pool } }: Item, id: unknown): boolean {
  return pool === id || (Array.isArray(pool) && pool.some((side) => (side as { id?: unknown } | null)?.id === id));
}

function isWithin(host: string, zone: string): boolean {
  return host === zone || host.endsWith(`.${zone}`);
}
