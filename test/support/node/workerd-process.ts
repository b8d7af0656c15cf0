import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The folder of the configuration, and the ports of a process of workerd. */
export interface WorkerdProcess {
  /** It has `config.capnp`. */
  readonly folder: string;
  /** The port on which Moor answers. */
  readonly port: number;
  /** The port by which other processes reach its objects. Default: they do not. */
  readonly debugPort: number | undefined;
  /** Takes the lines that it logs. */
  readonly logged: string[];
}

const workerdPath = createRequire(import.meta.url)("workerd").default as string;

/** Starts workerd. Resolves when Moor answers. @param broken whether it then answers 500. */
export async function runWorkerd(
  { folder, port, debugPort, logged }: WorkerdProcess,
  broken: boolean,
): Promise<ChildProcess> {
  // A service binding that runs a scheduled handler is an experimental feature.
  const shared = debugPort === undefined ? [] : [`--debug-port=127.0.0.1:${debugPort}`];
  const args = ["serve", "--experimental", ...shared, join(folder, "config.capnp")];
  const workerd = spawn(workerdPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [workerd.stdout, workerd.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => logged.push(...text.split("\n").filter(Boolean)));
  }
  const endsAt = Date.now() + 60_000;
  while (Date.now() < endsAt) {
    if (workerd.exitCode !== null) break;
    const answer = await fetch(`http://127.0.0.1:${port}/.moor/jwks.json`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer && (answer.status === 500) === broken) return workerd;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  workerd.kill("SIGKILL");
  throw new Error(`workerd did not start:\n${logged.join("\n")}`);
}

/** Ends a process at once. At SIGTERM workerd would wait for its connections to end. */
export async function killProcess(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, "exit");
  process.kill("SIGKILL");
  await exited;
}
