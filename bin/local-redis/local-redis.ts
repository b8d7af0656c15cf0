import { randomBytes } from "node:crypto";
import { startUpstashBridge, type UpstashBridge } from "./bridge.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";

/** A local replacement for Upstash: a real Redis behind the REST protocol. */
export interface LocalRedis {
  /** For `UPSTASH_REDIS_REST_URL`: `http://127.0.0.1:PORT`. It stays the same until `stop`. */
  readonly url: string;
  /** For `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string;
  /** Path of the Unix socket at which Redis itself listens, for clients that speak its own protocol. */
  readonly socket: string;
  /** Ends Redis at once, as a crash would. The bridge stays and answers 503. */
  kill(): Promise<void>;
  /** Kills Redis if it runs, and starts it again on the same socket and data. */
  restart(): Promise<void>;
  /** Ends Redis and the bridge for good. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis that only this user can reach, and its bridge, which only this machine can reach; see {@link startRedisServer}
 * and {@link startUpstashBridge}. Resolves to undefined if there is no `redis-server` on the `PATH`.
 *
 * @param options.token default: a random token.
 * @param options.folder where Redis keeps its data. Default: the data is gone when Redis ends.
 * @param options.survivesKill see {@link startRedisServer}.
 * @throws CommandError of code `start`; TypeError if the token is empty.
 */
export async function startLocalRedis(
  options: { token?: string; folder?: string; survivesKill?: boolean } = {},
): Promise<LocalRedis | undefined> {
  const { token = randomBytes(32).toString("base64url"), ...serverOptions } = options;
  const server = await startRedisServer(serverOptions);
  if (!server) return undefined;
  const bridge = await startBridge(server, token);
  return {
    url: bridge.url,
    token,
    socket: server.socket,
    kill: server.kill,
    restart: server.restart,
    async stop() {
      await bridge.stop();
      await server.stop();
    },
  };
}

async function startBridge(server: RedisServer, token: string): Promise<UpstashBridge> {
  try {
    return await startUpstashBridge({ redis: { path: server.socket }, token });
  } catch (fault) {
    await server.stop();
    throw fault;
  }
}
