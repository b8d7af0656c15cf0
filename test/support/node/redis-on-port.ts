import { spawn } from "node:child_process";
import { once } from "node:events";
import { createClient } from "redis";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { freePort } from "./ports.ts";

/** A Redis without files, on a port of loopback. */
export interface Redis {
  readonly port: number;
  readonly url: string;
  /** The commands that clients have called since it was started. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

/** Commands that are no work of a client: `calls` sends some, and each new connection sends the others. */
const NOT_COUNTED = /^(info|config|hello|client|auth|ping|command|select)\b/;

export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], {
    stdio: "ignore",
  });
  endWithThisProcess(server);
  const url = `redis://127.0.0.1:${port}`;
  // It tries again until the server listens.
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on("error", () => {});
  await client.connect();
  return {
    port,
    url,
    async calls() {
      const stats = (await client.sendCommand(["INFO", "commandstats"])) as unknown as string;
      const counted = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].filter(
        ([, name = ""]) => !NOT_COUNTED.test(name),
      );
      return counted.reduce((sum, [, , calls]) => sum + Number(calls), 0);
    },
    async stop() {
      client.destroy();
      server.kill("SIGKILL");
      await once(server, "exit");
    },
  };
}
