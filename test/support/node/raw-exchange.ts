import { once } from "node:events";
import { connect } from "node:net";

/** Sends a request as it is written, on a connection of its own, and returns the response's bytes as Latin-1. */
export async function rawExchange(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`, "latin1");
  await once(socket, "close");
  return text;
}

/** The status of a raw response. */
export function statusOf(response: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1]);
}
