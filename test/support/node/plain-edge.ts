import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { passOn } from "./tls-edge.ts";

/** The way to Moor of a program on this machine that has no certificate to check, and cannot say that it comes by https. */
export interface PlainEdge {
  readonly url: string;
  stop(): void;
}

/** Starts a proxy that tells Moor of each request that it came by https. */
export async function startPlainEdge(port: number): Promise<PlainEdge> {
  const server = createServer((incoming, response) => {
    // `moor serve` knows its hosts, and the address of this proxy is none of them.
    incoming.headers.host = `127.0.0.1:${port}`;
    passOn(incoming, response, port);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, stop: () => void server.close().closeAllConnections() };
}
