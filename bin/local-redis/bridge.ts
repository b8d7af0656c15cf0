import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "../port.ts";
import { bearerCheck, readJson, send, sendFault } from "../redis-bridge/http.ts";
import { createConnections, type RedisAddress } from "./connections.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { RequestError } from "./request.ts";

/** The REST protocol of Upstash in front of a Redis on this machine. */
export interface UpstashBridge {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Ends the bridge and its connections. Requests that are under way get no answer. */
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Serves the part of https://upstash.com/docs/redis/features/restapi that @upstash/redis uses, on 127.0.0.1: `POST /`,
 * `/pipeline` and `/multi-exec`, with bodies up to 10 MiB. Not served: commands in the URL, `_token`, RESP2 and event streams.
 *
 * Every response is JSON. The status is 401 without the token, on every path. It is 400, 404, 405 or 413 for a wrong request, 400
 * for an error of Redis to a command or to a whole transaction, and 503 while Redis cannot be reached. A command goes on when its
 * client leaves.
 *
 * @param options.token the token that clients send as `Authorization: Bearer`; not empty.
 * @param options.port default 0: any free port.
 * @throws CommandError of code `port` (taken); TypeError if the token is empty.
 */
export async function startUpstashBridge(options: {
  redis: RedisAddress;
  token: string;
  port?: number;
}): Promise<UpstashBridge> {
  if (options.token === "") throw new TypeError("the token is empty");
  const redis = createConnections(options.redis);
  const isAuthorized = bearerCheck([options.token]);

  async function answer(request: IncomingMessage): Promise<unknown> {
    if (!isAuthorized(request.headers.authorization)) throw new RequestError(401, "ERR unauthorized");
    const endpoint = ENDPOINTS.get(request.url?.split("?")[0] ?? "");
    if (!endpoint) throw new RequestError(404, "ERR not found");
    if (request.method !== "POST") throw new RequestError(405, "ERR the method is POST");
    const body = await readJson(request, MAX_BODY_BYTES);
    const encoding = request.headers["upstash-encoding"] === "base64" ? "base64" : "utf8";
    return endpoint(body, redis, encoding);
  }

  const server = createServer(async (request, response) => {
    response.setHeader("upstash-sync-token", request.headers["upstash-sync-token"] || "local");
    await answer(request).then(
      (result) => send(response, 200, result),
      (fault) => sendFault(response, fault),
    );
  });
  // If the server ends an idle connection while the client sends its next request, the client sees a lost connection.
  server.keepAliveTimeout = 0;
  server.listen(options.port ? await freePort(options.port) : 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      redis.close();
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}
