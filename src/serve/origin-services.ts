import type { MoorConfig } from "../config/types.ts";

/** The host by which the admin API is reached. No visitor can ask for it, because `.invalid` is no domain (RFC 6761), and it is not served. */
export const ADMIN_HOST = "admin.moor.invalid";

/** The binding of the network service for an origin, which leads to the addresses of that origin and nowhere else. */
export function bindingOf(pool: number, origin: number): string {
  return `MOOR_ORIGIN_${pool}_${origin}`;
}

/**
 * The configuration as Moor sees it behind the front: each origin is reached by a service of its own, the front has dealt with proxies, and
 * the admin API answers at its own socket alone.
 */
export function behindFront(config: MoorConfig): MoorConfig {
  const { trustedProxies: _, pools, admin, ...rest } = config;
  return {
    ...rest,
    ...(admin && { admin: { ...admin, host: ADMIN_HOST } }),
    pools: pools.map((pool, at) => ({
      ...pool,
      origins: pool.origins.map((origin, nth) => ({ ...origin, service: bindingOf(at, nth) })),
    })),
  };
}

type Fetcher = Pick<typeof globalThis, "fetch">;

/**
 * Services that cut `CF-Connecting-IP`. The front tells Moor the client's address in that header, and an origin would take the header for
 * Cloudflare's. Origins find the address in `X-Forwarded-For` and `Forwarded`.
 */
export function withoutCloudflare(env: Readonly<Record<string, unknown>>, config: MoorConfig): Record<string, unknown> {
  const names = config.pools.flatMap(({ origins }, at) => origins.map((_, nth) => bindingOf(at, nth)));
  return Object.fromEntries(
    names.map((name) => {
      const service = env[name] as Fetcher;
      const reach = (url: string, init: RequestInit) => {
        // The headers of a visitor's request are of this class. Those of a check are Moor's own, and have no address.
        if (init.headers instanceof Headers) init.headers.delete("CF-Connecting-IP");
        return service.fetch(url, init);
      };
      return [name, { fetch: reach }];
    }),
  );
}
