import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { freePort as checkPort } from "../../../bin/port.ts";

/** A port of loopback on which nothing listens. Only root may listen on it, and no server uses it. */
export const DEAD_PORT = 1;

/**
 * A port on loopback on which nothing listens. This process owns it until the process ends. Tests in other processes do
 * not get it, neither before a server listens on it nor while that server restarts.
 */
export async function freePort(): Promise<number> {
  const port = await checkPort(0);
  return (await reserve(port)) ? port : freePort();
}

/** Takes the UDP port of that number, which no server uses. False: another process has it. */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket("udp4").unref().bind({ port, address: "127.0.0.1", exclusive: true });
  try {
    await once(socket, "listening");
    return true;
  } catch {
    socket.close();
    return false;
  }
}

/** Resolves when nothing listens any more on ports of loopback. */
export async function portsFreed(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    while (!(await isFree(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
