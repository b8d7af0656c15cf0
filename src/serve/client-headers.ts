/**
 * Headers by which proxies and platforms tell the address of a client, or facts about it. Outside these platforms anybody can send them, and
 * servers behind Moor may believe them. `X-Forwarded-*`, `Forwarded` and `X-Real-IP` are cut for every origin, in request-headers.ts.
 */
const CUT = new Set([
  "cdn-loop",
  "client-ip",
  "fly-client-ip",
  "incap-client-ip",
  "true-client-ip",
  "x-appengine-user-ip",
  "x-azure-clientip",
  "x-azure-socketip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-forwarded-for",
  "x-original-host",
  "x-originating-ip",
  "x-proxyuser-ip",
  "x-remote-addr",
  "x-remote-ip",
]);
/** Everything that Cloudflare, Fastly, CloudFront and Envoy say. */
const CUT_PREFIX = /^(?:cf|cloudfront|fastly|x-envoy)-/;

/**
 * Whether the header is cut out of a request that did not come through Cloudflare. Servers that hand headers on as variables read every
 * character that is no letter or digit alike, so `cf_ray` counts as `cf-ray`.
 *
 * @param name in small letters.
 */
export function isPlatformHeader(name: string): boolean {
  const canonical = name.replace(/[^a-z0-9]/g, "-");
  return CUT.has(canonical) || CUT_PREFIX.test(canonical);
}
