import { networkOf } from "../../inbound/founding-limit.ts";

/** Whose request it is, for the health of origins: its address, of IPv6 the network; without an address its session. */
export function clientOf(clientIp: string | undefined, session: string): string {
  return clientIp === undefined ? session : networkOf(clientIp);
}
