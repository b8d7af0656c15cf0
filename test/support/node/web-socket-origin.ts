import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { SiteOrigin } from "./site.ts";

/** A socket that an origin has accepted, with the request that asked for it. */
export interface Accepted {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

/** An origin that speaks WebSocket. */
export interface WebSocketOrigin extends SiteOrigin {
  /** Sets its use of sockets from now on. Until then it sends each message back. */
  meets(by: (accepted: Accepted) => void): void;
  /** Response headers of the upgrades from now on. */
  upgradesWith(headers: readonly string[]): void;
  stop(): Promise<void>;
}

/** Starts an origin on a free port. It speaks the subprotocol `chat`, and refuses upgrades at `/refused`. */
export async function startWebSocketOrigin(name: string): Promise<WebSocketOrigin> {
  let meet = ({ socket }: Accepted) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  };
  let upgradeHeaders: readonly string[] = [];
  const server = createServer((_, response) => response.end(name));
  const sockets = new WebSocketServer({
    server,
    verifyClient: ({ req }: { req: IncomingMessage }) => req.url !== "/refused",
    handleProtocols: (offered) => offered.has("chat") && "chat",
  });
  sockets.on("headers", (lines) => lines.push(...upgradeHeaders));
  sockets.on("connection", (socket, request) => meet({ socket, request }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    meets(by) {
      meet = by;
    },
    upgradesWith(headers) {
      upgradeHeaders = headers;
    },
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
