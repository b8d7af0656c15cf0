import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { run } from "../../bin/local-redis/rest.ts";

/** The commands that a Redis receives. */
export interface CommandWatch {
  /**
   * The commands that clients have sent while `work` was under way, in order, without the commands that scripts call.
   */
  during(work: () => Promise<unknown>): Promise<string[]>;
  stop(): void;
}

const POLL_MS = 5;
const WAIT_MS = 60_000;

/** Watches a Redis by its own `MONITOR`, from now on. */
export async function watchCommands(redis: LocalRedis): Promise<CommandWatch> {
  const socket = connect(redis.socket).setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "connect");
  socket.write("MONITOR\r\n");

  async function seen(mark: string): Promise<void> {
    const endsAt = Date.now() + WAIT_MS;
    while (!text.includes(mark)) {
      if (Date.now() > endsAt) throw new Error("Redis does not tell what it is asked");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  await seen("+OK");

  return {
    async during(work) {
      const [begin, end] = [randomUUID(), randomUUID()];
      await run(redis, "ECHO", begin);
      await work();
      await run(redis, "ECHO", end);
      await seen(end);
      const lines = text.slice(text.indexOf(begin), text.indexOf(end)).split("\r\n").slice(1, -1);
      return lines.flatMap((line) => /^\+\S+ \[\d+ (?!lua)\S+\] "(\w+)"/.exec(line)?.[1]?.toUpperCase() ?? []);
    },
    stop: () => void socket.destroy(),
  };
}

/**
 * Stops a Redis without ending it. It accepts commands, and answers them after it goes on. Returns the function that
 * lets it go on.
 */
export async function hang(redis: LocalRedis): Promise<() => void> {
  const pid = Number(/process_id:(\d+)/.exec(String(await run(redis, "INFO", "server")))?.[1]);
  process.kill(pid, "SIGSTOP");
  return () => void process.kill(pid, "SIGCONT");
}
