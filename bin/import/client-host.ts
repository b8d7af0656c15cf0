import type { PoolConfig } from "../../src/config/pool-types.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import type { Place, Remark } from "./remark.ts";

/** A place that asks for the client's `Host` at the servers of a pool. */
export interface ClientHost extends Place {
  readonly pool: string;
}

/**
 * Sets `host: "client"` for the pools that want it and can have it. Cloudflare allows it within one zone, so all origins and routes of
 * the pool must have names in a common domain.
 */
export function withClientHosts(
  pools: readonly PoolConfig[],
  routes: readonly RouteConfig[],
  wanted: readonly ClientHost[],
): { readonly pools: readonly PoolConfig[]; readonly notes: readonly Remark[] } {
  const without: ClientHost[] = [];
  const result = pools.map((pool) => {
    const place = wanted.find((each) => each.pool === pool.id);
    if (!place) return pool;
    const zone = commonDomain([...pool.origins.map(({ url }) => new URL(url).hostname), ...hostsOf(pool.id, routes)]);
    if (zone !== undefined) return { ...pool, host: "client" as const, zone };
    without.push(place);
    return pool;
  });
  const [first] = without;
  if (!first) return { pools: result, notes: [] };
  const names = without.map(({ pool }) => pool).join(", ");
  const text =
    `origins of ${names} see their own name in Host, and the client's in X-Forwarded-Host: ` +
    'host: "client" needs origins and routes with names in one zone of Cloudflare';
  return { pools: result, notes: [{ file: first.file, line: first.line, text }] };
}

/** The hosts of a pool's routes; an empty text for a route that takes any host. */
function hostsOf(pool: string, routes: readonly RouteConfig[]): string[] {
  const leading = routes.filter((route) =>
    Array.isArray(route.pool) ? route.pool.some(({ id }) => id === pool) : route.pool === pool,
  );
  return leading.length > 0 ? leading.map(({ host = "" }) => host.replace(/^\*\./, "")) : [""];
}

/** Endings under which anybody can have a name, such as `co.uk`. */
const PUBLIC_ENDING = /^(?:[a-z]{2,}|(?:ac|co|com|edu|gov|net|org)\.[a-z]{2})$/;

function commonDomain(hosts: readonly string[]): string | undefined {
  const [first = "", ...others] = hosts.map((host) => host.split(".").reverse());
  let count = 0;
  while (count < first.length && others.every((labels) => labels[count] === first[count])) count++;
  const domain = [...first.slice(0, count)].reverse().join(".");
  const isName = /[a-z]/.test(domain) && domain.includes(".") && !PUBLIC_ENDING.test(domain) && !domain.startsWith("[");
  return isName ? domain : undefined;
}
