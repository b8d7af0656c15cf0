/** Caches on the way prefer these headers to `Cache-Control` (RFC 9213). */
export const TARGETED_CACHE_CONTROL = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"];

/** The names of the headers about caching that a response has. */
export function cachingHeaders(headers: Headers): string[] {
  return ["Cache-Control", ...TARGETED_CACHE_CONTROL].filter((name) => headers.has(name));
}
