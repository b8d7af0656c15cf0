import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { CommandError } from "../command.ts";
import { RedisUnavailable } from "../local-redis/connections.ts";
import { RefusedByRedis, RequestError } from "../local-redis/request.ts";
import { readAllowed } from "./allowed.ts";
import type { Backend } from "./backend.ts";
import { type BearerCheck, bearerCheck, readJson, send, sendFault } from "./http.ts";
import { createBridgeMetrics, type Outcome } from "./metrics.ts";

/** How the bridge listens, and whom it serves. */
export interface BridgeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM. `undefined`: without TLS. */
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  /** The bearer tokens that Moor may send, one or two. */
  readonly tokens: readonly string[];
  /** The bearer token for `GET /metrics`. `undefined`: there are no metrics. */
  readonly metricsToken: string | undefined;
  readonly maxBodyBytes: number;
  /** How many requests may wait for Redis at a time. */
  readonly maxConcurrent: number;
  readonly backend: Backend;
}

/** A bridge that serves. */
export interface RunningBridge {
  /** `https://HOST:PORT` */
  readonly url: string;
  /** Takes no more connections, answers the requests that are under way, and closes. Resolves to how many it had to cut off. */
  drain(mostMs: number): Promise<number>;
}

/** Every user of ACL who can serve Moor may run it. */
const HEALTH = { command: ["EVAL", "return redis.call('TIME')", "1", "moor:nothing"], key: "moor:nothing" } as const;

/**
 * Serves Redis to Moor over the part of Upstash's REST protocol that Moor speaks: `POST /` with one command. Besides `GET /health` (200, or
 * 503 while Redis cannot be reached or the bridge drains) and `GET /metrics`.
 *
 * Every other response is JSON: 401 without a token, 403 for a command that Moor does not send, 400, 404, 405 or 413 for a wrong request,
 * 400 for an error of Redis, 503 while Redis cannot be reached or too many requests wait.
 *
 * @throws CommandError of code `port` if it cannot listen there, or `config` if key and certificate cannot be used.
 */
export async function startBridge(options: BridgeOptions): Promise<RunningBridge> {
  const { host, tls, backend, maxBodyBytes, maxConcurrent } = options;
  const isMoor = bearerCheck(options.tokens);
  const mayReadMetrics: BearerCheck =
    options.metricsToken === undefined ? () => false : bearerCheck([options.metricsToken]);
  const metrics = createBridgeMetrics();
  let inFlight = 0;
  let isDraining = false;
  /** One question for all that ask at the same time, because everybody may ask. */
  let health: Promise<boolean> | undefined;

  function isRedisWell(): Promise<boolean> {
    health ??= backend
      .run(HEALTH)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        health = undefined;
      });
    return health;
  }

  async function answer(request: IncomingMessage): Promise<unknown> {
    if (!isMoor(request.headers.authorization)) throw new RequestError(401, "ERR unauthorized");
    if (request.url !== "/") throw new RequestError(404, "ERR not found");
    if (request.method !== "POST") throw new RequestError(405, "ERR the method is POST");
    const allowed = readAllowed(await readJson(request, maxBodyBytes));
    if (inFlight >= maxConcurrent) throw new Busy();
    inFlight += 1;
    try {
      return { result: await backend.run(allowed) };
    } finally {
      inFlight -= 1;
    }
  }

  async function answerHealth(response: ServerResponse): Promise<void> {
    const isWell = !isDraining && (await isRedisWell());
    response.writeHead(isWell ? 200 : 503, { "content-type": "text/plain", "cache-control": "no-store" });
    response.end(isWell ? "ok\n" : isDraining ? "draining\n" : "redis is out of reach\n");
  }

  function answerMetrics(request: IncomingMessage, response: ServerResponse): void {
    if (!mayReadMetrics(request.headers.authorization)) {
      sendFault(response, new RequestError(401, "ERR unauthorized"));
      return;
    }
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4", "cache-control": "no-store" });
    response.end(metrics.text({ inFlight, thrownAway: backend.thrownAway }));
  }

  const listener: RequestListener = async (request, response) => {
    if (isDraining) response.setHeader("connection", "close");
    if (request.method === "GET" && request.url === "/health") return answerHealth(response);
    if (request.method === "GET" && request.url === "/metrics") return answerMetrics(request, response);
    const beganAt = performance.now();
    const count = (outcome: Outcome) => metrics.count(outcome, (performance.now() - beganAt) / 1_000);
    try {
      const result = await answer(request);
      count("answered");
      send(response, 200, result);
    } catch (fault) {
      count(outcomeOf(fault));
      sendFault(response, fault);
    }
  };

  const server = serverFor(listener, tls);
  // A tunnel keeps its connections for about a minute. The one who uses a connection should be the one who ends it.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 10_000;
  server.listen(options.port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new CommandError("port", `cannot listen on ${host}:${options.port}: ${codeOf(cause)}`, { cause });
  }
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    async drain(mostMs) {
      isDraining = true;
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), mostMs);
      await closed;
      clearTimeout(timer);
      backend.close();
      return inFlight;
    },
  };
}

/** Too many requests wait for Redis. */
class Busy extends RedisUnavailable {
  constructor() {
    super("too many requests wait for Redis");
  }
}

function outcomeOf(fault: unknown): Outcome {
  if (fault instanceof Busy) return "busy";
  if (!(fault instanceof RequestError)) return "unavailable";
  if (fault.status === 401) return "unauthorized";
  if (fault.status === 403) return "forbidden";
  return fault instanceof RefusedByRedis ? "refused" : "malformed";
}

function serverFor(listener: RequestListener, tls: BridgeOptions["tls"]): Server {
  try {
    return tls ? createSecureServer({ ...tls, minVersion: "TLSv1.2" }, listener) : createServer(listener);
  } catch (cause) {
    throw new CommandError("config", `--cert and --key cannot be used: ${codeOf(cause)}`, { cause });
  }
}

/** The code of a system error. Its text may name a path or an address. */
function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown fault";
}
