import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CommandError } from "../command.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";

/** A `redis-server` process on this machine. */
export interface RedisServer {
  /**
   * Path of its Unix socket, the same after a restart. It needs no password, because no other user may enter the socket's folder.
   */
  readonly socket: string;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
  /** Kills the process if it runs, and starts it again on the same socket and data. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends the process for good. */
  stop(): Promise<void>;
}

const START_MS = 10_000;
const READY = /ready to accept connections/i;

/** How clients come in by a socket of loopback, which every user of the machine can reach. */
export interface TcpAccess {
  readonly port: number;
  readonly password: string;
}

/**
 * Starts the `redis-server` on the `PATH`, on a Unix socket in a folder that only this user may enter. It listens on no port.
 * Resolves when it answers, or to undefined if there is no `redis-server`.
 *
 * It ends with this process, even when this process is killed, and leaves no file unless this process was killed. A Ctrl-C in the
 * terminal reaches this process alone.
 *
 * @param options.folder a folder in which each write is on disk before it is answered, so that a kill loses nothing. It is made
 * if it does not exist. Servers that run at the same time need a folder each. Default: no data is kept when the server ends.
 * @param options.tcp a port of loopback on which it listens as well. Every client then needs the password. Default: it listens on no port.
 * @param options.survivesKill whether a server without a folder also keeps its data across `restart`. Default: it is empty after
 * that.
 * @throws CommandError of code `start`, with the log of the server.
 */
export async function startRedisServer(
  options: { folder?: string | undefined; survivesKill?: boolean; tcp?: TcpAccess } = {},
): Promise<RedisServer | undefined> {
  // From here to the handler below nothing is awaited. An exit in between would leave the folder behind.
  const own = mkdtempSync(join(tmpdir(), "moor-redis-"));
  const socket = join(own, "redis.sock");
  const folder = options.folder === undefined ? own : madeFolder(options.folder);
  const keep = options.folder !== undefined || options.survivesKill === true;
  // Other users can read the arguments of a process.
  const file = join(own, "redis.conf");
  if (options.tcp) writeFileSync(file, `requirepass ${JSON.stringify(options.tcp.password)}\n`, { mode: 0o600 });
  const listens = options.tcp && { file, port: options.tcp.port };
  const start = () => spawnRedis({ socket, folder, keep, listens });
  let child = start();
  let isStopped = false;
  const release = () => {
    process.off("exit", endAtExit);
    rmSync(own, { recursive: true, force: true });
  };
  const endAtExit = () => {
    child.kill("SIGKILL");
    release();
  };
  process.on("exit", endAtExit);
  try {
    await ready(child);
  } catch (fault) {
    release();
    if (fault instanceof Error && "code" in fault && fault.code === "ENOENT") return undefined;
    throw fault;
  }

  return {
    socket,
    kill: () => kill(child),
    async restart() {
      await kill(child);
      if (isStopped) throw new CommandError("start", "redis-server is stopped for good");
      child = start();
      await ready(child);
    },
    async stop() {
      isStopped = true;
      await kill(child);
      release();
    },
  };
}

function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return resolve(path);
}

interface RedisFlags {
  readonly socket: string;
  readonly folder: string;
  readonly keep: boolean;
  readonly listens: { readonly file: string; readonly port: number } | undefined;
}

function spawnRedis({ socket, folder, keep, listens }: RedisFlags): ChildProcess {
  const options = {
    port: String(listens?.port ?? 0),
    bind: "127.0.0.1",
    unixsocket: socket,
    dir: folder,
    save: "",
    appendonly: keep ? "yes" : "no",
    appendfsync: "always",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return spawn("redis-server", [...(listens ? [listens.file] : []), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** Its output is read for as long as it runs, because a full pipe would stop it. */
async function ready(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) endWithThisProcess(child);
  const deadline = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      let log = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => {
          log = (log + text).slice(-2_000);
          if (READY.test(log)) resolve();
        });
      }
      child.once("error", reject);
      child.once("close", () => reject(new CommandError("start", `redis-server does not start:\n${log.trim()}`)));
    });
  } finally {
    clearTimeout(deadline);
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
