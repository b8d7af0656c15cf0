import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** The behaviour of a server after it has read the body of a request. */
export type Behaviour = (response: ServerResponse, body: string, request: IncomingMessage) => void | Promise<void>;

/** Never answers. */
export const silent: Behaviour = () => {};

/** Begins an answer and never ends it. */
export const stuck: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"result":');
};

/** Takes the request, and loses the connection before the answer. */
export const lost: Behaviour = (response) => {
  response.destroy();
};

/** Answers. `REQUEST` stands for the request's body, because the worst servers quote it in their answers. */
export function answering(status: number, answer: string): Behaviour {
  return (response, body) => {
    const quoted = JSON.stringify(body).slice(1, -1);
    response.writeHead(status, { "content-type": "application/json" }).end(answer.replaceAll("REQUEST", () => quoted));
  };
}

/** A server in place of Redis, on loopback. */
export interface FaultyServer {
  readonly url: string;
  /** The token of the requests that it heeds. */
  readonly token: string;
  behaviour: Behaviour;
  readonly requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[];
  stop(): Promise<void>;
}

/**
 * Starts a server that is silent at first.
 *
 * It heeds only requests with the token. Another server may have had its port a moment ago, and clients of that server
 * may still send requests.
 */
export async function startFaultyServer(token: string): Promise<FaultyServer> {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method = "", url: path = "", headers } = request;
    if (headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    faulty.requests.push({ method, path, headers, body });
    await faulty.behaviour(response, body, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const faulty: FaultyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    behaviour: silent,
    requests: [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return faulty;
}
