/**
 * Stands in for `@upstash/redis/cloudflare` in a build without Redis; wrangler.toml says how. Such a Worker refuses the
 * secrets of Redis.
 */
export class Redis {
  constructor() {
    throw new TypeError(
      "UPSTASH_REDIS_REST_URL is set, and this build has no Redis; remove the secret or the alias in wrangler.toml.",
    );
  }
}

/** What the SDK throws; without it nothing does. */
export const errors = { UpstashError: class extends Error {}, UpstashJSONParseError: class extends Error {} };
