import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { freePort } from "./ports.ts";

/** A real memcached on loopback. */
export interface LocalMemcached {
  readonly port: number;
  /** Ends it at once, and starts an empty one at the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the memcached on the `PATH`. It refuses writes when it is full, instead of evicting. */
export async function startMemcached(flags: readonly string[] = ["-M"]): Promise<LocalMemcached> {
  const port = await freePort();
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const start = async () => {
    const args = ["-l", "127.0.0.1", "-p", String(port), "-U", "0", ...user, ...flags];
    const child = spawn("memcached", args, { stdio: "ignore" });
    endWithThisProcess(child);
    await answering(port, child);
    return child;
  };
  let child = await start();
  return {
    port,
    async restart() {
      await kill(child);
      child = await start();
    },
    stop: () => kill(child),
  };
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (Date.now() < endsAt && child.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const isUp = await Promise.race([once(socket, "connect"), once(socket, "error")]).then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await kill(child);
  throw new Error("memcached did not start (Debian: apt-get install memcached)");
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
