import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe } from "../../src/settings/mistakes.ts";
import { CommandError } from "../command.ts";
import { logEntry } from "./log-lines.ts";

/** An address at which a socket listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A socket that listens, and that workerd takes over. */
export interface OpenSocket {
  readonly fd: number;
  readonly address: ListenAddress;
  /** Ends the part of this process in it. */
  close(): void;
}

const BACKLOG = 1_024;

/**
 * Reads `HOST:PORT`, as in `127.0.0.1:8080` or `[::]:8080`.
 *
 * @throws CommandError of code `usage`.
 */
export function addressOf(flag: string, text: string, { isLoopbackOnly = false } = {}): ListenAddress {
  const [, host = "", port = ""] = /^(\[[0-9a-f:.]+\]|[0-9.]+):(\d{1,5})$/i.exec(text) ?? [];
  const isLoopback = /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
  if (host !== "" && Number(port) <= 65_535 && (isLoopback || !isLoopbackOnly))
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  const kind = isLoopbackOnly ? "an address of this machine alone" : "an IP address";
  const example = isLoopbackOnly ? "127.0.0.1:8082" : "0.0.0.0:8080 or [::]:8080";
  throw new CommandError("usage", `${flag}: found ${describe(text)}, accepted: ${kind} and a port, as in ${example}`);
}

/**
 * Opens a socket, so that a port that is taken is told before anything starts, and connections wait while workerd starts.
 *
 * @throws CommandError of code `port`.
 */
async function openSocket(flag: string, { host, port }: ListenAddress): Promise<OpenSocket> {
  const server = createServer((connection) => connection.destroy());
  try {
    server.listen({ host, port, backlog: BACKLOG, exclusive: true });
    await once(server, "listening");
  } catch (cause) {
    const { code = "unknown" } = cause as { code?: string };
    const reason = code === "EADDRINUSE" ? "is taken" : `cannot be used (${code})`;
    throw new CommandError("port", `${flag}: ${host}:${port} ${reason}, choose another`, { cause });
  }
  const { address, port: chosen } = server.address() as { address: string; port: number };
  return { fd: fdOf(server), address: { host: address, port: chosen }, close: () => void server.close() };
}

/**
 * Opens several sockets, or none.
 *
 * @param addresses by names; `flagOf` names the flag of each, for messages.
 * @throws CommandError of code `port`.
 */
export async function openSockets(
  addresses: Readonly<Record<string, ListenAddress>>,
  flagOf: (name: string) => string,
): Promise<Record<string, OpenSocket>> {
  const open: Record<string, OpenSocket> = {};
  try {
    for (const [name, address] of Object.entries(addresses)) open[name] = await openSocket(flagOf(name), address);
    return open;
  } catch (fault) {
    for (const socket of Object.values(open)) socket.close();
    throw fault;
  }
}

/** Node hands listening sockets to its own children alone; workerd takes any open socket by its number. */
function fdOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

/** Has the kernel refuse connections at sockets that workerd no longer serves. */
export interface Closer {
  close(): void;
  /** Ends it without closing the sockets. */
  stop(): void;
}

const CLOSE =
  'my $asked = <STDIN>; exit unless $asked; for (@ARGV) { open(my $socket, "+<&=", $_); shutdown($socket, 2) }';

/**
 * Prepares the end of listening. workerd stops accepting when it is asked to end, and leaves its sockets open: the kernel would go on
 * to take connections, which wait until the process ends, and are then reset with their requests. Node cannot shut a listening socket of
 * another process, so perl does, which every Debian has.
 */
export function prepareCloser(sockets: readonly OpenSocket[]): Closer {
  const fds = sockets.map(({ fd }) => fd);
  const names = fds.map((_, index) => String(index + 3));
  const child = spawn("perl", ["-e", CLOSE, ...names], { stdio: ["pipe", "ignore", "ignore", ...fds], detached: true });
  let isThere = true;
  child.on("error", () => {
    isThere = false;
    logEntry({
      event: "accept_queue_open",
      reason: "perl is not on the PATH: connections wait while the process drains",
    });
  });
  child.stdin?.on("error", () => {});
  return {
    close: () => void (isThere && child.stdin?.end("close\n")),
    stop: () => void (isThere && child.stdin?.end()),
  };
}
