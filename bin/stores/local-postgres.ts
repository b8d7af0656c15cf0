import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { SCHEMA } from "../../src/row-stores/sql/statements.ts";
import { CommandError } from "../command.ts";
import { endWithThisProcess } from "../local-redis/end-with-this-process.ts";
import { freePort } from "../port.ts";
import { MISSING, postgresPrograms, serverArguments } from "./postgres-programs.ts";

/** A Postgres on this machine, which has the table of rows. */
export interface LocalPostgres {
  /** `postgres://USER:PASSWORD@127.0.0.1:PORT/postgres`, the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** Its first process. */
  readonly pid: number;
  /** Starts it again on the same data, after its processes have ended. Resolves when it answers. */
  start(): Promise<void>;
  /** Ends it for good. A server without a folder leaves no file. */
  stop(): Promise<void>;
}

/** How a local Postgres is started. */
export interface LocalPostgresOptions {
  /** A folder that keeps its data. Default: the data ends with the server. */
  readonly folder?: string | undefined;
  /** Settings in place of its defaults. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** A free port. Default: any. */
  readonly port?: number | undefined;
}

const USER = "moor";
const START_MS = 60_000;

/**
 * Starts the Postgres of Debian's package `postgresql` on loopback. Each acknowledged write is on disk. It ends with this process.
 *
 * @throws CommandError of code `start`, with the log of the server.
 */
export async function startLocalPostgres(options: LocalPostgresOptions = {}): Promise<LocalPostgres> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "moor-postgres-"));
  const { options: running, own } = postgresPrograms(folder);
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  if (!existsSync(join(data, "PG_VERSION"))) {
    writeFileSync(passwordFile, crypto.randomUUID(), { mode: 0o600 });
    own(passwordFile);
    const login = ["-U", USER, "--auth", "scram-sha-256", "--pwfile", passwordFile];
    await promisify(execFile)("initdb", ["-D", data, "--no-sync", ...login], running).catch((cause: Error) => {
      throw new CommandError("start", "code" in cause && cause.code === "ENOENT" ? MISSING : cause.message, { cause });
    });
  }
  const port = options.port ?? (await freePort(0));
  const url = `postgres://${USER}:${readFileSync(passwordFile, "utf8")}@127.0.0.1:${port}/postgres`;
  let child: ChildProcess;

  async function start(): Promise<void> {
    const endsAt = Date.now() + START_MS;
    do {
      child = spawn("postgres", serverArguments(data, port, options.settings), {
        ...running,
        stdio: ["ignore", "ignore", "pipe"],
      });
      endWithThisProcess(child, options.folder === undefined ? folder : undefined);
      if ((await answering(url, child)) === "answers") return;
    } while (Date.now() < endsAt);
    throw new CommandError("start", "postgres does not start: an earlier server on its data has not ended");
  }
  await start();

  return {
    url,
    port,
    get pid() {
      return child.pid as number;
    },
    start,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        // SIGINT is a fast shutdown: open connections are cut.
        child.kill("SIGINT");
        await once(child, "exit");
      }
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it answers and has the table. `held`: processes of a server that was killed have not ended yet. */
async function answering(url: string, child: ChildProcess): Promise<"answers" | "held"> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const endsAt = Date.now() + START_MS;
  while (Date.now() < endsAt && child.exitCode === null) {
    const sql = postgres(url, { max: 1, onnotice() {} });
    try {
      await sql`SELECT 1`;
      await sql.unsafe(SCHEMA);
      return "answers";
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
  child.kill("SIGKILL");
  if (said.includes("pre-existing shared memory block")) return "held";
  throw new CommandError("start", `postgres does not start:\n${said.trim()}`);
}
