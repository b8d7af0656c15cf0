import type { Wire } from "../lib/wire.ts";
import type { RedisServerAddress } from "./tcp-client.ts";

/** Opens a socket of a Worker to Redis. It belongs to the request or the object's turn that opens it. */
export async function openSocket({
  hostname,
  port,
  tls,
}: Pick<RedisServerAddress, "hostname" | "port" | "tls">): Promise<Wire> {
  // The command reads the settings of stores in Node, which has no such module.
  const { connect } = await import("cloudflare:sockets");
  return connect({ hostname, port }, { secureTransport: tls ? "on" : "off", allowHalfOpen: false });
}
