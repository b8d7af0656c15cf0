import { createClient } from "redis";
import { type LocalRedis, startLocalRedis } from "../../bin/local-redis/local-redis.ts";

/** The Redis that all contestants share. */
export interface SharedRedis {
  /** Path of its Unix socket. */
  readonly socket: string;
  /** Its REST interface, which Moor asks. */
  readonly rest: LocalRedis;
  /** The commands that clients and scripts have called since it was started, by name. */
  calls(): Promise<Record<string, number>>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Commands that are not a contestant's work: the benchmark sends them, or they come once per connection. */
const NOT_COUNTED = /^(info|config|hello|client|auth|ping|command)\b/;

/**
 * Starts a Redis that writes its log to the disk every second, as is usual, so that a kill of its process alone loses
 * nothing.
 */
export async function startSharedRedis(): Promise<SharedRedis> {
  const rest = await startLocalRedis({ survivesKill: true });
  if (!rest) throw new Error("redis-server is not on the PATH");
  const ask = async <Answer>(command: string[]): Promise<Answer> => {
    const client = await createClient({ socket: { path: rest.socket, tls: false } }).connect();
    try {
      return (await client.sendCommand(command)) as Answer;
    } finally {
      client.destroy();
    }
  };
  const setDurability = () => ask(["CONFIG", "SET", "appendfsync", "everysec"]);
  await setDurability();
  return {
    socket: rest.socket,
    rest,
    async calls() {
      const lines = (await ask<string>(["INFO", "commandstats"])).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
      return Object.fromEntries(
        [...lines].flatMap(([, name = "", calls]) =>
          NOT_COUNTED.test(name) ? [] : [[`Redis ${name}`, Number(calls)]],
        ),
      );
    },
    kill: rest.kill,
    async restart() {
      await rest.restart();
      await setDurability();
    },
    stop: rest.stop,
  };
}
