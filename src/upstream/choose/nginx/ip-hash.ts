import { createWeightedPick, type NginxServer, type Picks } from "./tries.ts";

/**
 * `ip_hash` (ngx_http_upstream_ip_hash_module.c). A key is the first three bytes of an IPv4 address, or all sixteen
 * bytes of an IPv6 address.
 */
export function createIpHash(servers: readonly NginxServer[]): Picks {
  const at = createWeightedPick(servers.map(({ weight }) => weight));
  return (key) => {
    let hash = 89;
    return () => {
      for (const byte of key) hash = (hash * 113 + byte) % 6271;
      return at(hash);
    };
  };
}
