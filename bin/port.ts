import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { CommandError } from "./command.ts";

/** Below the ports that a system gives to connections and to those who ask for any port: these could be taken at once. */
const [FIRST, LAST] = [12_000, 32_000];
/** More than a machine has busy ports in a row. */
const TRIES = 50;

/**
 * Checks that a port can be listened on at both loopback addresses.
 *
 * @param port 0: any free port, of those that the system gives to nobody by itself.
 * @returns the port.
 * @throws CommandError of code `port`, which says what is in the way.
 */
export async function freePort(port: number): Promise<number> {
  return port === 0 ? anyFreePort() : checkedPort(port);
}

async function anyFreePort(triesLeft = TRIES): Promise<number> {
  try {
    return await checkedPort(randomInt(FIRST, LAST));
  } catch (fault) {
    if (triesLeft === 1 || !(fault instanceof CommandError)) throw fault;
    return anyFreePort(triesLeft - 1);
  }
}

async function checkedPort(port: number): Promise<number> {
  await tryPort(port, "127.0.0.1");
  await tryPort(port, "::1");
  return port;
}

async function tryPort(port: number, host: string): Promise<void> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return; // a machine without IPv6
    const reason = code === "EADDRINUSE" ? `is taken on ${host}` : `cannot be used on ${host} (${code})`;
    throw new CommandError("port", `port ${port} ${reason}, choose another`, { cause });
  } finally {
    if (server.listening) {
      server.close();
      await once(server, "close");
    }
  }
}
