import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../command.ts";
import { endWithThisProcess } from "../local-redis/end-with-this-process.ts";
import { capnpOf, type ServerDescription } from "./capnp.ts";
import { type Control, createControl } from "./control.ts";
import { logEntry, passOnLog } from "./log-lines.ts";
import { type OpenSocket, prepareCloser } from "./sockets.ts";

export interface RuntimeOptions extends Omit<ServerDescription, "module" | "control" | "sockets"> {
  /** The path of workerd. */
  readonly workerd: string;
  /** The text of the Worker. */
  readonly worker: string;
  /** The values of the environment, which hold the secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** The open sockets, by the names of the entrypoints that answer there. */
  readonly sockets: Readonly<Record<string, OpenSocket>>;
}

/** A workerd that serves. */
export interface Runtime {
  readonly control: Control;
  /** The code with which it has ended; 128 and more: by a signal. */
  readonly ended: Promise<number>;
  /**
   * Has it finish the requests that are under way and the work after answers. Resolves when it has ended.
   *
   * @param noticeMs how long it still accepts requests, while its health already says that it drains.
   * @param mostMs how long it may take from then on. It is killed after that.
   */
  drain(times: { readonly noticeMs: number; readonly mostMs: number }): Promise<"drained" | "cut-off">;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** The socket for the command's orders. */
const CONTROL = "control.sock";
/** The longest path of a Unix socket in Linux, without the NUL behind it: unix(7). */
const MOST_SOCKET_BYTES = 107;
const START_MS = 30_000;
const ASK_EVERY_MS = 50;
/** How long a drain waits for the answer to its first order, besides the notice. */
const ANSWER_MS = 1_000;

/**
 * Starts workerd on sockets that are open already. Resolves when its Worker answers orders.
 *
 * @throws CommandError of code `start`.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { workerd, worker, environment, sockets: open } = options;
  const folder = await makeFolder();
  const path = join(folder, CONTROL);
  const entrypoints = Object.fromEntries(Object.keys(open).map((name) => [name, name]));
  const description = { ...options, module: "worker.js", control: path, sockets: entrypoints };
  try {
    await writeFile(join(folder, "worker.js"), worker);
    await writeFile(join(folder, "server.capnp"), capnpOf(description));
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw refusedFolder(cause);
  }

  const sockets = Object.values(open);
  const flags = Object.keys(open).flatMap((name, index) => ["--socket-fd", `${name}=${index + 3}`]);
  const child = spawn(workerd, ["serve", join(folder, "server.capnp"), ...flags], {
    stdio: ["ignore", "pipe", "pipe", ...sockets.map(({ fd }) => fd)],
    env: { ...environment },
    // A Ctrl-C in a terminal reaches the whole group of processes, and workerd must first drain.
    detached: true,
  });
  const closer = prepareCloser(sockets);
  // From here on the connections are workerd's alone.
  for (const socket of sockets) socket.close();
  endWithThisProcess(child, folder);
  passOnLog(child.stdout as NonNullable<typeof child.stdout>);
  passOnLog(child.stderr as NonNullable<typeof child.stderr>);
  const ended = (async () => {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    closer.stop();
    await rm(folder, { recursive: true, force: true });
    return code ?? 128 + (signal ? constants.signals[signal] : 0);
  })();
  const control = createControl(path);
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const started = await Promise.race([startedBy(control), ended.then((code) => `workerd ends with ${code}`)]);
  if (started !== "started") {
    await kill();
    throw new CommandError("start", `the Worker does not start, and the log says why: ${started}`);
  }

  return {
    control,
    ended,
    kill,
    async drain({ noticeMs, mostMs }) {
      // A runtime that hangs, or has died, answers no order. It has to end in time all the same.
      const told = control.ask("drain").catch(() => {});
      const notice = sleep(noticeMs, undefined, { ref: false });
      await Promise.race([
        Promise.all([told, notice]),
        notice.then(() => sleep(ANSWER_MS, undefined, { ref: false })),
        ended,
      ]);
      return (await stopAndFinish(child, { control, ended, closer, mostMs })) ? "drained" : "cut-off";
    },
  };
}

/** Makes a folder that nobody else can open. */
async function makeFolder(): Promise<string> {
  const start = join(tmpdir(), "moor-serve-");
  const bytes = Buffer.byteLength(join(`${start}XXXXXX`, CONTROL));
  if (bytes > MOST_SOCKET_BYTES) {
    const most = MOST_SOCKET_BYTES - bytes + Buffer.byteLength(tmpdir());
    throw new CommandError(
      "config",
      `TMPDIR: found a path of ${Buffer.byteLength(tmpdir())} bytes, accepted: at most ${most}`,
    );
  }
  try {
    return await mkdtemp(start);
  } catch (cause) {
    throw refusedFolder(cause);
  }
}

function refusedFolder(cause: unknown): CommandError {
  const { code = "unknown" } = cause as { code?: string };
  const found = `${tmpdir()}, which takes no files (${code})`;
  return new CommandError("config", `TMPDIR: found ${found}, accepted: a folder with room for a megabyte`, { cause });
}

/** Asks until the Worker answers; resolves to its status. */
async function startedBy(control: Control): Promise<string> {
  const endsAt = Date.now() + START_MS;
  for (;;) {
    try {
      const { status } = await control.ask("start");
      return String(status);
    } catch (fault) {
      const isThere = !(
        fault instanceof Error &&
        "code" in fault &&
        ["ENOENT", "ECONNREFUSED"].includes(String(fault.code))
      );
      if (isThere || Date.now() >= endsAt) return fault instanceof Error ? fault.message : String(fault);
      await sleep(ASK_EVERY_MS);
    }
  }
}

interface Stopping extends Pick<Runtime, "control" | "ended"> {
  readonly closer: ReturnType<typeof prepareCloser>;
  readonly mostMs: number;
}

/**
 * Asks workerd to end. It waits for requests that are under way, and not for work that goes on after answers. So one request of ours is under
 * way until that work is over.
 */
async function stopAndFinish(child: ChildProcess, { control, ended, closer, mostMs }: Stopping): Promise<boolean> {
  const limit = new AbortController();
  const over = Promise.race([ended.then((code) => code === 0), sleep(mostMs, false, { ref: false })]);
  const idle = control.ask("idle", limit.signal).catch(() => {});
  // A runtime that hangs, or has died, gives no connection.
  const connection = await Promise.race([control.idleConnection().catch(() => undefined), over.then(() => undefined)]);
  child.kill("SIGTERM");
  await Promise.race([connection?.ended, over]);
  closer.close();
  logEntry({ event: "stopped_accepting" });
  const isFinished = await over;
  limit.abort();
  if (!isFinished) child.kill("SIGKILL");
  await Promise.all([ended, idle]);
  return isFinished;
}
