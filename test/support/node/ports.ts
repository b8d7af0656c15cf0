import { createSocket } from "node:dgram";
import { once } from "node:events";
import { freePort as checkPort } from "../../../bin/port.ts";

/** A port of loopback that nothing listens on: it takes root, and is nobody's. */
export const DEAD_PORT = 1;

/**
 * A port on loopback that nothing listens on. It is this process's until that ends: tests of other processes do not get it, neither before a
 * server listens there nor while one restarts.
 */
export async function freePort(): Promise<number> {
  const port = await checkPort(0);
  return (await reserve(port)) ? port : freePort();
}

/** Takes the UDP port of that number, by which no server is disturbed. False: another process has it. */
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
