import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { CommandError } from "./command.ts";

/**
 * Checks that a port can be listened on at both loopback addresses.
 *
 * @param port 0: any free port.
 * @returns the port.
 * @throws CommandError of code `port`, which says what is in the way.
 */
export async function freePort(port: number): Promise<number> {
  const found = await tryPort(port, "127.0.0.1");
  await tryPort(found, "::1");
  return found;
}

async function tryPort(port: number, host: string): Promise<number> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return port; // a machine without IPv6
    const reason = code === "EADDRINUSE" ? `is taken on ${host}` : `cannot be used on ${host} (${code})`;
    throw new CommandError("port", `port ${port} ${reason}, choose another`, { cause });
  } finally {
    if (server.listening) {
      server.close();
      await once(server, "close");
    }
  }
}
