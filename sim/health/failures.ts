import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { startWorker } from "../../bench/http/workerd.ts";
import { DEAD_PORT } from "../../test/support/node/ports.ts";

/** The error that workerd's `fetch` reports for a way in which an origin fails. */
export interface FailureRow {
  readonly failure: string;
  readonly method: "GET" | "POST";
  readonly told: string;
}

/** How an origin treats a connection on which the first bytes of a request have arrived. */
const AFTER_REQUEST: Readonly<Record<string, (socket: Socket) => void>> = {
  "closed after the request": (socket) => socket.end(),
  "reset after the request": (socket) => socket.resetAndDestroy(),
  "closed within the headers": (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le"),
  "answered with bytes that are not HTTP": (socket) => socket.end("hello\r\n\r\n"),
};

/** Has workerd fetch from origins that fail in each way. */
export async function playFailures(): Promise<FailureRow[]> {
  const servers = Object.entries(AFTER_REQUEST).map(([failure, fail]) => {
    return { failure, server: listen((socket) => socket.once("data", () => fail(socket))) };
  });
  servers.push({ failure: "closed before the request", server: listen((socket) => socket.destroy()) });
  await Promise.all(servers.map(({ server }) => once(server, "listening")));
  const targets = Object.fromEntries(
    servers.map(({ failure, server }) => [failure, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`]),
  );
  targets["refused the connection"] = `http://127.0.0.1:${DEAD_PORT}/`;
  targets["has a name that DNS does not know"] = "http://moor.invalid/";
  try {
    const file = fileURLToPath(new URL("failures-worker.js", import.meta.url));
    const worker = await startWorker(file, JSON.stringify(targets));
    try {
      return (await (await fetch(`http://127.0.0.1:${worker.port}/`)).json()) as FailureRow[];
    } finally {
      await worker.stop();
    }
  } finally {
    for (const { server } of servers) server.close();
  }
}

function listen(serve: (socket: Socket) => void) {
  return createServer((socket) => serve(socket.on("error", () => {}))).listen(0, "127.0.0.1");
}
