import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres, { type Sql } from "postgres";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { postgresPrograms, serverArguments } from "../../../bin/stores/postgres-programs.ts";
import { freePort } from "./ports.ts";
import type { RunningPostgres } from "./postgres.ts";

/** A hot standby, which streams from a primary and answers reads. */
export interface PostgresStandby {
  readonly port: number;
  readonly sql: Sql;
  /** Resolves when it has replayed all that the primary has written until now. */
  catchUp(): Promise<void>;
  /** From now on it receives nothing from the primary. */
  cutOff(): Promise<void>;
  /** Makes it a primary. Resolves when it takes writes. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Copies a primary by `pg_basebackup`, and starts the copy as its standby. */
export async function startStandby(primary: RunningPostgres): Promise<PostgresStandby> {
  const folder = mkdtempSync(join(tmpdir(), "moor-standby-"));
  const { options: running } = postgresPrograms(folder);
  const data = join(folder, "data");
  const copy = ["-d", primary.url, "-D", data, "-R", "-X", "stream", "-c", "fast"];
  await promisify(execFile)("pg_basebackup", copy, running);
  const port = await freePort();
  const child = spawn("postgres", serverArguments(data, port), { ...running, stdio: "ignore" });
  endWithThisProcess(child, folder);
  const sql = postgres(primary.url.replace(`:${primary.port}/`, `:${port}/`), { max: 1, onnotice() {} });
  await until(async () => (await sql`SELECT pg_is_in_recovery() AS is_standby`)[0]?.is_standby === true);

  return {
    port,
    sql,
    async catchUp() {
      const [now] = await primary.sql`SELECT pg_current_wal_lsn()::text AS lsn`;
      const lsn = String(now?.lsn);
      await until(async () => {
        const [found] = await sql`SELECT pg_last_wal_replay_lsn() >= ${lsn}::pg_lsn AS has_all`;
        return found?.has_all === true;
      });
    },
    async cutOff() {
      await sql`ALTER SYSTEM SET primary_conninfo = ''`;
      await sql`SELECT pg_reload_conf()`;
      await until(
        async () => (await sql`SELECT count(*)::int AS receivers FROM pg_stat_wal_receiver`)[0]?.receivers === 0,
      );
    },
    async promote() {
      await sql`SELECT pg_promote()`;
      await until(async () => (await sql`SELECT pg_is_in_recovery() AS is_standby`)[0]?.is_standby === false);
    },
    async stop() {
      await sql.end({ timeout: 0 });
      child.kill("SIGINT");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again until the answer is yes. A server that is starting refuses connections. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > endsAt) throw new Error("the standby does not come so far");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
