import { type ChildProcess, spawn } from "node:child_process";

/**
 * Has a child process killed when this process is gone, whatever ended it. After a `SIGKILL` this process could not do so itself.
 *
 * A shell waits for the end of its input, which comes when this process ends and its end of the pipe closes.
 *
 * @param folder is removed as well then. Default: none.
 */
export function endWithThisProcess(child: ChildProcess, folder?: string): void {
  const removal = folder === undefined ? "" : '; sleep 1; rm -rf "$2"';
  const guard = spawn("/bin/sh", ["-c", `read -r _; kill -9 "$1"${removal}`, "sh", String(child.pid), folder ?? ""], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.once("exit", () => guard.kill("SIGKILL"));
}
