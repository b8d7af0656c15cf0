import { type ChildProcess, spawn } from "node:child_process";

/**
 * Has a child process killed when this process is gone, however that came: a `SIGKILL` leaves it no time to do so itself.
 *
 * A shell waits for the end of its input, which comes when the pipe's other end is closed with this process.
 */
export function endWithThisProcess(child: ChildProcess): void {
  const guard = spawn("/bin/sh", ["-c", 'read -r _; kill -9 "$1"', "sh", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.once("exit", () => guard.kill("SIGKILL"));
}
