import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, vi } from "vitest";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { freePort } from "../../support/node/ports.ts";

/** A MariaDB (Debian: mariadb-server-core) on 127.0.0.1, with the user `root`. */
export interface MariaDb {
  readonly port: number;
  readonly password: string;
  stop(): Promise<void>;
}

const MARIADB = "/usr/sbin/mariadbd";
const PASSWORD = "secret";

/** Starts MariaDB with its files in a folder, and runs statements of SQL in it. */
export async function startMariaDb(folder: string, ...statements: string[]): Promise<MariaDb> {
  const port = await freePort();
  const data = join(folder, "data");
  await mkdir(data);
  const asUser = process.getuid?.() === 0 ? ["--user=root"] : [];
  const options = ["--no-defaults", `--datadir=${data}`, "--innodb-buffer-pool-size=16M", ...asUser];
  const tables = ["mysql_system_tables.sql", "mysql_system_tables_data.sql"].map((name) =>
    join("/usr/share/mysql", name),
  );
  const script = join(folder, "tables.sql");
  const begin = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n";
  await writeFile(script, begin + (await Promise.all(tables.map((file) => readFile(file, "utf8")))).join("\n"));
  await promisify(execFile)("/bin/sh", ["-c", `exec ${MARIADB} "$@" < "$0"`, script, ...options, "--bootstrap"]);

  const first = [`ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}'`, ...statements];
  await writeFile(script, first.map((statement) => `${statement};\n`).join(""));
  const network = [`--socket=${join(folder, "socket")}`, `--port=${port}`, "--bind-address=127.0.0.1"];
  const server = spawn(MARIADB, [...options, ...network, `--init-file=${script}`], { stdio: "ignore" });
  endWithThisProcess(server);
  const exited = once(server, "exit");
  await vi.waitFor(async () => expect(await isListening(port)).toBe(true), { timeout: 120_000, interval: 50 });
  return {
    port,
    password: PASSWORD,
    async stop() {
      server.kill("SIGKILL");
      await exited;
    },
  };
}

/** Whether a server listens on a port. */
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
