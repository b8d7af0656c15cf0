import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
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
  /**
   * Has a request wait here until its release, and resolves when it waits. The request goes to this origin, or to a
   * Worker of `middleware-worker.ts`. Needs `origin-server.ts`.
   *
   * @param send sends the request, whose query has this part.
   */
  hold<T>(send: (query: string) => Promise<T>): Promise<HeldRequest<T>>;
}

/** A request that waits at an origin. */
export interface HeldRequest<T> {
  /** The answer, which comes after the release. */
  readonly answer: Promise<T>;
  /** Lets the request go on. Resolves to its answer. */
  release(): Promise<T>;
}

/**
 * Starts an origin.
 *
 * @param options.script a file of this folder, which says its port to its parent. Default `origin-server.ts`.
 * @param options.port default: a free one.
 * @param options.args the arguments of the script besides the port. Default: the name.
 */
export async function startOrigin(
  name: string,
  options: { script?: string; port?: number; args?: string[] } = {},
): Promise<RunningOrigin> {
  const { script = "origin-server.ts", args = ["--name", name] } = options;
  const file = fileURLToPath(new URL(script, import.meta.url));
  let [child, port] = await start(file, options.port ?? 0, args);
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
      [child, port] = await start(file, port, args);
    },
    async hold(send) {
      const gate = `http://127.0.0.1:${port}/.held/${randomUUID()}`;
      const answer = send(`hold=${encodeURIComponent(gate)}`);
      await fetch(gate);
      return {
        answer,
        async release() {
          await fetch(gate, { method: "DELETE" });
          return answer;
        },
      };
    },
  };
}

async function start(file: string, port: number, args: string[]): Promise<[ChildProcess, number]> {
  const child = fork(file, [...args, "--port", String(port)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [message] = (await once(child, "message")) as [{ port: number }];
  return [child, message.port];
}
