import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { CommandError } from "./command.ts";

/**
 * These ports lie below the ports that a system assigns to connections and to programs that ask for any port. The system could
 * assign such a port to another program at any time.
 */
const [FIRST, LAST] = [12_000, 32_000];
/** More tries than any machine has busy ports in a row. */
const TRIES = 50;

/**
 * Checks that a program can listen on a port at both loopback addresses.
 *
 * @param port 0: any free port that the system does not assign by itself.
 * @returns the port.
 * @throws CommandError of code `port`, which tells the reason.
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
