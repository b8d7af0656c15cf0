import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { CommandError } from "../command.ts";
import { endWithThisProcess } from "../local-redis/end-with-this-process.ts";
import { freePort } from "../port.ts";

/** A memcached on this machine. */
export interface LocalMemcached {
  readonly port: number;
  /** Ends it at once. */
  stop(): Promise<void>;
}

const START_MS = 60_000;
const MISSING = "there is no memcached on the PATH; on Debian and Ubuntu: apt-get install memcached";

/**
 * Starts the memcached on the `PATH` on loopback. It ends with this process.
 *
 * @param options.flags default: it refuses writes when it is full, instead of evicting.
 * @throws CommandError of code `start`.
 */
export async function startLocalMemcached(
  options: { readonly port?: number; readonly flags?: readonly string[] } = {},
): Promise<LocalMemcached> {
  const { flags = ["-M"] } = options;
  const port = options.port ?? (await freePort(0));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn("memcached", ["-l", "127.0.0.1", "-p", String(port), "-U", "0", ...user, ...flags], {
    stdio: "ignore",
  });
  const failed = once(child, "error").then(() => true);
  if (child.pid !== undefined) endWithThisProcess(child);
  const endsAt = Date.now() + START_MS;
  while (Date.now() < endsAt && child.exitCode === null && child.pid !== undefined) {
    if (await isListening(port)) return { port, stop };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await stop();
  throw new CommandError("start", child.pid === undefined && (await failed) ? MISSING : "memcached does not start");

  async function stop(): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
