import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Sends a request byte by byte as given, on a connection of its own, and returns the response's bytes as Latin-1. */
export async function rawExchange(port: number, lines: readonly string[]): Promise<string> {
  return exchange(port, (socket) => socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`, "latin1"));
}

/** Sends bytes (Latin-1) on a connection of its own, and no more after them. Returns the bytes that come back. */
export async function rawBytes(port: number, bytes: string): Promise<string> {
  return exchange(port, (socket) => socket.end(bytes, "latin1"));
}

async function exchange(port: number, send: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  send(socket);
  await once(socket, "close");
  return text;
}

/** The status of a raw response. */
export function statusOf(response: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1]);
}
