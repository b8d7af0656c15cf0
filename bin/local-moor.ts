import { type LocalRedis, startLocalRedis } from "./local-redis/local-redis.ts";
import { type LocalWorker, type LocalWorkerOptions, startLocalWorker } from "./local-worker.ts";
import { freePort } from "./port.ts";
import { inLocalFolder } from "./project.ts";
import { startPublicFront } from "./public-front.ts";

export interface LocalMoorOptions extends Omit<LocalWorkerOptions, "redis" | "issuer" | "secure"> {
  /**
   * `https://HOST`, at which a tunnel to this machine is reached. Every request then counts as a request to this URL. Default: there is
   * no tunnel.
   */
  publicUrl?: string | undefined;
  /** Receives the address of Redis, or the reason why there is no Redis; called once, before the Worker starts. */
  tellRedis: (text: string) => void;
}

/** Moor on this machine: a Worker, and a Redis behind it if `redis-server` is installed. */
export interface LocalMoor {
  /** `http://localhost:PORT`; only this machine reaches it. */
  readonly url: string;
  readonly redis: LocalRedis | undefined;
  reload: LocalWorker["reload"];
  /** Ends the Worker and everything that belongs to it. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis if there is a `redis-server` on the `PATH`, and a Worker that uses it. Resolves when the Worker answers
 * requests. With `persist`, the data in Redis is kept next to the sessions. Without it, the data is kept as long as Moor runs,
 * even if Redis is killed.
 *
 * @throws CommandError of code `port`, `keys` or `start`; no process is left running then.
 */
export async function startLocalMoor(options: LocalMoorOptions): Promise<LocalMoor> {
  const { tellRedis, publicUrl, ...workerOptions } = options;
  const { persist } = workerOptions;
  // Two Moors that keep their data in the same folder have the same port, so the second fails here before it starts its Redis. A
  // port of 0 is chosen later, while Redis already listens, so that it cannot be the port of Redis.
  const port = workerOptions.port && (await freePort(workerOptions.port));
  const redis = await startLocalRedis(persist ? { folder: inLocalFolder(persist, "redis") } : { survivesKill: true });
  tellRedis(redis ? `unix://${redis.socket}` : NO_REDIS);
  const start = () =>
    publicUrl === undefined
      ? startLocalWorker({ ...workerOptions, port, redis })
      : startPublicWorker({ ...workerOptions, port, redis }, publicUrl);
  const worker = await start().catch(async (fault: unknown) => {
    await redis?.stop();
    throw fault;
  });
  return {
    url: worker.url,
    redis,
    reload: (config) => worker.reload(config),
    async stop() {
      try {
        await worker.stop();
      } finally {
        await redis?.stop();
      }
    },
  };
}

const NO_REDIS = "off: there is no redis-server on the PATH; on Debian and Ubuntu: apt-get install redis-server";

/** A Worker that takes every request for a request to the public URL. */
async function startPublicWorker(options: LocalWorkerOptions, publicUrl: string): Promise<LocalWorker> {
  const port = await freePort(options.port);
  const url = `http://localhost:${port}`;
  const worker = await startLocalWorker({ ...options, port: 0, issuer: url, secure: true });
  try {
    const front = await startPublicFront({ port, target: worker.url, publicUrl });
    return {
      ...worker,
      url,
      async stop() {
        await front.stop();
        await worker.stop();
      },
    };
  } catch (fault) {
    await worker.stop();
    throw fault;
  }
}
