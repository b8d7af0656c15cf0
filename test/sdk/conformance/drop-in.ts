import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../support/node/ports.ts";

/** The conformance application of a drop-in, and how it starts. */
export interface DropIn {
  /** The stack, as the table of results names it: "Express". */
  readonly name: string;
  /** Its work before the first start, if there is any. `out` is an empty folder. */
  build?(out: string): Promise<void>;
  /** The command of a server. It reads `PORT`, `NAME` and Moor's settings from its environment. */
  command(out: string, port: number): Command;
  /** The cases that the drop-in does not pass, by their id, each with the reason. A case that passes in spite of it fails the suite. */
  readonly without?: Readonly<Record<string, string>>;
}

/** A program with its arguments. */
export interface Command {
  readonly argv: readonly string[];
  /** In addition to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Moor's settings, as a server reads them. */
export interface Settings {
  readonly MOOR_ISSUER: string;
  readonly MOOR_AUDIENCE: string;
  readonly MOOR_URL: string;
}

/** A server of the application, a group of processes. */
export interface Server {
  readonly url: string;
  /** The text that it has written until now, to either stream. */
  output(): string;
  /** Ends all its processes as a crash would. */
  kill(): Promise<void>;
}

const START_MS = 120_000;

/** Starts a server, and resolves when it answers `/health`. */
export async function startServer(
  { command }: DropIn,
  out: string,
  settings: Settings,
  { name = "a", port }: { name?: string; port?: number } = {},
): Promise<Server> {
  const at = port ?? (await freePort());
  const { argv, env = {} } = command(out, at);
  const [program = "", ...args] = argv;
  let output = "";
  const child = spawn(program, args, {
    env: { ...process.env, ...settings, ...env, PORT: String(at), NAME: name },
    stdio: ["ignore", "pipe", "pipe"],
    // A server may have processes of its own, which end with its group.
    detached: true,
  });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const exited = once(child, "exit");
  const guard = guardOf(child);
  const kill = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
    await exited;
    guard.kill("SIGKILL");
  };
  const url = `http://127.0.0.1:${at}`;
  const endsAt = Date.now() + START_MS;
  while (child.exitCode === null && Date.now() < endsAt) {
    const answer = await Promise.race([fetch(`${url}/health`).catch(() => undefined), failed]);
    await answer?.body?.cancel();
    if (answer?.status === 200) return { url, output: () => output, kill };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await kill();
  throw new Error(`${argv.join(" ")} does not answer /health:\n${output}`);
}

/** A shell that kills the group of a process when this process is gone: it waits for the end of its input. */
function guardOf({ pid }: ChildProcess): ChildProcess {
  const script = 'read -r _; kill -9 "-$1"';
  return spawn("/bin/sh", ["-c", script, "sh", String(pid)], { stdio: ["pipe", "ignore", "ignore"], detached: true });
}
