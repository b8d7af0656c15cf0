import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { on } from "./cpus.ts";

/** A script of this folder in a process of its own, away from the Workers' CPU. It ends with this process. */
export function startScript(name: string): ChildProcess {
  const [execPath, ...execArgv] = on("others", [process.execPath]);
  const child = fork(fileURLToPath(new URL(name, import.meta.url)), { execPath, execArgv, serialization: "advanced" });
  child.on("exit", (code, signal) => {
    if (!child.killed) throw new Error(`${name} has ended: ${code ?? signal}`);
  });
  return child;
}

/** The next message of a script. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message");
  return message as T;
}
