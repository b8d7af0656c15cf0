import type { MoorConfig } from "../config/types.ts";
import { CDN_LOOP, type LoopMarks, marked } from "./loops.ts";

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
 * Services that cut `CF-Connecting-IP`, and that mark requests so that the site knows them if they come back. The front tells Moor the
 * client's address in that header, and an origin would take the header for Cloudflare's. Origins find the address in `X-Forwarded-For` and
 * `Forwarded`.
 */
export function originServices(
  env: Readonly<Record<string, unknown>>,
  config: MoorConfig,
  loops: LoopMarks,
): Record<string, unknown> {
  const services = config.pools.flatMap(({ id: pool, origins }, at) =>
    origins.map(({ id: origin }, nth) => {
      const name = bindingOf(at, nth);
      const service = env[name] as Fetcher;
      const reach = (url: string, init: RequestInit) => {
        // The headers of a visitor's request are of this class, and a copy of them would cost. Those of a check are Moor's own constant.
        const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
        headers.delete("CF-Connecting-IP");
        headers.set(CDN_LOOP, marked(loops, headers.get(CDN_LOOP), pool, origin));
        return service.fetch(url, { ...init, headers });
      };
      return [name, { fetch: reach }] as const;
    }),
  );
  return Object.fromEntries(services);
}
