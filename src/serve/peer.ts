import { prefixOf } from "../lib/ip-address.ts";

/**
 * The address of the socket by which a request came, as plain workerd tells it: `192.0.2.1:1234`, or `[2001:db8::1]:1234`. An IPv4 address
 * that is mapped into IPv6 is told as IPv4, because a socket that listens on `[::]` names every IPv4 client like that.
 *
 * @returns `undefined`: the request came by a Unix socket, or through no socket.
 */
export function peerOf(cf: unknown): string | undefined {
  const { clientIp } = (cf ?? {}) as { clientIp?: unknown };
  const [, ipv6, ipv4] = /^(?:\[([^\]]+)\]|([\d.]+)):\d{1,5}$/.exec(typeof clientIp === "string" ? clientIp : "") ?? [];
  const address = ipv6 ?? ipv4;
  return address === undefined ? undefined : prefixOf(address, 32, 128);
}
