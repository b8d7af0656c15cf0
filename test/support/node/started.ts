import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";

/** A foreign server, in a process of its own. */
export interface StartedServer {
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts a server and waits until it answers a request. It ends with this process, even when that is killed.
 *
 * @param port the port on 127.0.0.1 on which it listens.
 * @param options.needs its Debian package, for the message when the server is missing.
 */
export async function startServer(
  [command = "", ...args]: readonly string[],
  port: number,
  { needs, ...options }: SpawnOptions & { needs: string },
): Promise<StartedServer> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.on("error", (fault) => (said += fault.message));
  if (child.pid !== undefined) endWithThisProcess(child);
  const endsAt = Date.now() + 60_000;
  while (Date.now() < endsAt && child.exitCode === null && child.pid !== undefined) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return { kill: () => kill(child) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await kill(child);
  throw new Error(`${command} did not start (Debian: apt-get install ${needs}): ${said}`);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
