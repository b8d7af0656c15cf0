import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { freePort } from "./ports.ts";

/** A real Redis that is reached by a socket. */
export interface RedisBySocket {
  /** `redis://:PASSWORD@127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  stop(): Promise<void>;
}

/** Starts a Redis whose data ends with it. */
export async function startRedisBySocket(): Promise<RedisBySocket> {
  const port = await freePort();
  const password = crypto.randomUUID();
  const server = await startRedisServer({ tcp: { port, password } });
  if (!server) throw new Error("there is no redis-server on the PATH (Debian: apt-get install redis-server)");
  return { url: `redis://:${password}@127.0.0.1:${port}`, port, password, stop: server.stop };
}
