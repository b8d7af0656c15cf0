import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** An origin server in a process of its own. */
export interface RunningOrigin {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("./origin-server.ts", import.meta.url));

/** Starts an origin on a free port. */
export async function startOrigin(name: string): Promise<RunningOrigin> {
  let [child, port] = await start(name, 0);
  return {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    async restart() {
      [child, port] = await start(name, port);
    },
  };
}

async function start(name: string, port: number): Promise<[ChildProcess, number]> {
  const child = fork(SCRIPT, ["--name", name, "--port", String(port)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [message] = (await once(child, "message")) as [{ port: number }];
  return [child, message.port];
}
