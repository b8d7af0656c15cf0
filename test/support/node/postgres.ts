import postgres, { type Sql } from "postgres";
import { startLocalPostgres } from "../../../bin/stores/local-postgres.ts";
import { freePort } from "./ports.ts";
import { descendants, remaining } from "./processes.ts";

/** A real Postgres in a folder of its own, which has the table of rows. */
export interface RunningPostgres {
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

/** @param settings of the server, in place of its defaults: `{ default_transaction_isolation: "serializable" }`. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<RunningPostgres> {
  const server = await startLocalPostgres({ port: await freePort(), settings });
  const look = () => postgres(server.url, { max: 1, onnotice() {} });
  let sql = look();
  let isRunning = true;
  async function kill(): Promise<void> {
    if (!isRunning) return;
    isRunning = false;
    await sql.end({ timeout: 0 });
    await killAll(server.pid);
  }
  return {
    url: server.url,
    port: server.port,
    get sql() {
      return sql;
    },
    kill,
    async restart() {
      await kill();
      await server.start();
      isRunning = true;
      sql = look();
    },
    async stop() {
      await sql.end({ timeout: 0 });
      await server.stop();
    },
  };
}

/** Its other processes would hold its memory for a while, and a restart would be refused. A server that is stopped starts no more of them. */
async function killAll(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const all = [pid, ...(await descendants(pid)).map((process) => process.pid)];
  for (const each of all) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
  await remaining(all);
}
