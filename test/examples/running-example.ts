import { spawn } from "node:child_process";
import { once } from "node:events";

/** A server of an example, in a process of its own. */
export interface RunningExample {
  readonly url: string;
  /** The text that it has written until now, to either stream. */
  readonly output: () => string;
  stop(): Promise<void>;
}

const START_MS = 120_000;

/** Starts a server with these settings in its environment. Resolves when it answers on the port. */
export async function startExample(
  argv: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<RunningExample> {
  const [command = "", ...args] = argv;
  let output = "";
  const server = spawn(command, args, {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const exited = once(server, "exit");
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill("SIGKILL");
    await exited;
  };
  const endsAt = Date.now() + START_MS;
  while (server.exitCode === null && Date.now() < endsAt) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return { url, output: () => output, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`${argv.join(" ")} does not answer:\n${output}`);
}
