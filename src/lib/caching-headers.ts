/** Caches on the way prefer these headers to `Cache-Control` (RFC 9213). */
export const TARGETED_CACHE_CONTROL = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"];

/** The names of the headers about caching that a response has. */
export function cachingHeaders(headers: Headers): string[] {
  return ["Cache-Control", ...TARGETED_CACHE_CONTROL].filter((name) => headers.has(name));
}

/**
 * The values of `CF-Cache-Status` of a response that does not come from the cache
 * (https://developers.cloudflare.com/cache/concepts/cache-responses). With `STALE`, `UPDATING` and `REVALIDATED` it does.
 */
const FROM_ORIGIN = new Set(["MISS", "DYNAMIC", "BYPASS", "EXPIRED", "NONE/UNKNOWN"]);

/** The header that shows that a response was served from a cache (RFC 9111 section 5.1); `undefined`: no header does. */
export function cacheHeader(headers: Headers): "age" | "cf-cache-status" | undefined {
  const age = headers.get("Age");
  if (age !== null && !(age === "0" && isPassedByVarnish(headers))) return "age";
  const status = headers.get("CF-Cache-Status");
  return status !== null && !FROM_ORIGIN.has(status.toUpperCase()) ? "cf-cache-status" : undefined;
}

/**
 * Whether Varnish has fetched the response for this request. It says `Age: 0` with each response, and tells in `X-Varnish` the number of
 * the request, and for a stored response also the number of the request that stored it. A cache in between names itself in `Via`.
 */
function isPassedByVarnish(headers: Headers): boolean {
  return /^\d+$/.test(headers.get("X-Varnish") ?? "") && /^1\.1 [^,]+$/.test(headers.get("Via") ?? "");
}
