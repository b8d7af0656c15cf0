import type { ReadHeaders } from "../lib/asked.ts";
import { formatAddress, isWithin, type Network, parseAddress, parseNetwork } from "../lib/ip-address.ts";

/** The address of a request's client; `undefined`: not known. */
export type ClientAddress = (headers: ReadHeaders) => string | undefined;

/**
 * Reads the address of a client that comes through proxies of the site's own, in front of Cloudflare. Cloudflare names
 * its peer in `CF-Connecting-IP`. If that is a trusted proxy, `X-Forwarded-For` is read from the right, because each proxy
 * appends the peer that it saw. The first address that is no trusted proxy is the client's. Everything to the left of it
 * may be made up. If a trusted proxy has appended anything else than an address, that proxy counts as the client.
 *
 * @param trusted addresses and CIDR blocks.
 * @returns `undefined` without trusted proxies: `CF-Connecting-IP` alone counts.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress | undefined {
  if (trusted.length === 0) return undefined;
  const networks = trusted.map((text) => parseNetwork(text) as Network);
  return (headers) => {
    const peer = headers.get("CF-Connecting-IP") ?? undefined;
    let client = peer;
    const chain = headers.get("X-Forwarded-For")?.split(",") ?? [];
    while (client !== undefined && isTrusted(client, networks)) {
      const before = parseAddress(chain.pop()?.trim() ?? "");
      if (!before) break;
      client = formatAddress(before);
    }
    return client;
  };
}

function isTrusted(address: string, networks: readonly Network[]): boolean {
  return networks.some((network) => isWithin(address, network));
}
