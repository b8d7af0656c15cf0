import { type ChildProcess, spawn } from "node:child_process";

/**
 * Has a child process killed when this process is gone, whatever ended it. After a `SIGKILL` this process could not do so itself.
 *
 * A shell waits for the end of its input, which comes when this process ends and its end of the pipe closes.
 */
export function endWithThisProcess(child: ChildProcess): void {
  const guard = spawn("/bin/sh", ["-c", 'read -r _; kill -9 "$1"', "sh", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.once("exit", () => guard.kill("SIGKILL"));
}
