import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import postgres, { type Sql } from "postgres";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { SCHEMA } from "../../../src/rows/sql/statements.ts";
import { freePort } from "./ports.ts";
import { descendants, remaining } from "./processes.ts";

/** A real Postgres in a folder of its own, which has the table of rows. */
export interface LocalPostgres {
  /** `postgres://USER:PASSWORD@127.0.0.1:PORT/postgres`, the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** A client of this process, for looks into the database. */
  readonly sql: Sql;
  /** Ends all its processes at once, as a crash would. */
  kill(): Promise<void>;
  /** Kills it if it runs, and starts it again on the same data. Resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const USER = "moor";
const START_MS = 60_000;
/** Postgres refuses to run as root. Debian's package makes this user. */
const OTHER_USER = "/var/lib/postgresql";

/**
 * Starts the Postgres of Debian's package `postgresql` on loopback. Each acknowledged write is on disk, so a kill loses nothing. It ends with
 * this process.
 *
 * @param settings of the server, in place of its defaults: `{ default_transaction_isolation: "serializable" }`.
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<LocalPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "moor-postgres-"));
  const password = crypto.randomUUID();
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password);
  const { uid, gid } = process.getuid?.() === 0 ? statSync(OTHER_USER) : { uid: undefined, gid: undefined };
  const user = uid === undefined ? {} : { uid, gid };
  if (uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, uid, gid);
  const programs = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  const options = {
    ...user,
    cwd: folder,
    env: { PATH: [...programs, process.env.PATH].join(delimiter), LC_ALL: "C.UTF-8" },
  };
  const data = join(folder, "data");
  const login = ["-U", USER, "--auth", "scram-sha-256", "--pwfile", passwordFile];
  await promisify(execFile)("initdb", ["-D", data, "--no-sync", ...login], options);

  const port = await freePort();
  const given = { listen_addresses: "127.0.0.1", unix_socket_directories: folder, ...settings };
  const flags = Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const start = () => {
    const child = spawn("postgres", ["-D", data, "-p", String(port), ...flags], {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    endWithThisProcess(child);
    return child;
  };
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  let child = start();
  let sql = await answering(url, child);
  await sql.unsafe(SCHEMA);

  return {
    url,
    port,
    get sql() {
      return sql;
    },
    async kill() {
      await sql.end({ timeout: 0 });
      await kill(child);
    },
    async restart() {
      await sql.end({ timeout: 0 });
      await kill(child);
      child = start();
      sql = await answering(url, child);
    },
    async stop() {
      await sql.end({ timeout: 0 });
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(url: string, child: ChildProcess): Promise<Sql> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const endsAt = Date.now() + START_MS;
  while (Date.now() < endsAt && child.exitCode === null) {
    const sql = postgres(url, { max: 1, onnotice() {} });
    try {
      await sql`SELECT 1`;
      return sql;
    } catch {
      await sql.end({ timeout: 0 });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await kill(child);
  throw new Error(`postgres did not start (Debian: apt-get install postgresql): ${said}`);
}

/** Its other processes would hold its memory for a while, and a restart would be refused. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const others = (await descendants(child.pid)).map(({ pid }) => pid);
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  for (const pid of others) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
  await exited;
  await remaining(others);
}
