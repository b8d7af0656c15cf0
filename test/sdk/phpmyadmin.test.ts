/** @needs php-cli php-mysql phpmyadmin mariadb-server-core */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { endWithThisProcess } from "../../bin/local-redis/end-with-this-process.ts";
import type { Client } from "../support/node/client.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { startServer } from "./conformance/drop-in.ts";

const exec = promisify(execFile);
const PASSWORD = "secret";
const MARIADB = "/usr/sbin/mariadbd";

const ending: (() => Promise<unknown>)[] = [];
const servers: { kill(): Promise<void>; start(): Promise<void> }[] = [];
let site: Site;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "moor-phpmyadmin-"));
  ending.push(() => rm(folder, { recursive: true, force: true }));
  const [database, a, b] = await Promise.all([freePort(), freePort(), freePort()]);
  await startDatabase(folder, database);
  const pages = await copyOfPhpMyAdmin(folder, database);
  site = await startSite([], {
    pools: [
      {
        id: "app",
        origins: [
          { id: "a", url: `http://127.0.0.1:${a}` },
          { id: "b", url: `http://127.0.0.1:${b}` },
        ],
        outlierDetection: { baseEjectionSeconds: 1 },
        session: { may: ["patch", "principal", "end"] },
      },
    ],
  });
  ending.push(() => site.stop());
  const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
  for (const [name, port] of Object.entries({ a, b })) {
    const temporary = join(folder, name);
    await mkdir(temporary);
    const argv = [
      "php",
      ...["-d", `auto_prepend_file=${resolve("sdk/php/moor-session.php")}`],
      ...["-d", "output_buffering=4096"],
      ...["-S", `127.0.0.1:${port}`, "-t", pages],
    ];
    const dropIn = { name: "phpMyAdmin", command: () => ({ argv, env: { TMPDIR: temporary } }) };
    let server = await startServer(dropIn, "", settings, { name, port });
    const start = async () => {
      server = await startServer(dropIn, "", settings, { name, port });
    };
    servers.push({ kill: () => server.kill(), start });
    ending.push(() => server.kill());
  }
}, 240_000);
afterAll(async () => {
  for (const end of ending.reverse()) await end();
});

/** MariaDB in a folder, with the user `root` and a password. */
async function startDatabase(folder: string, port: number): Promise<void> {
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
  await exec("/bin/sh", ["-c", `exec ${MARIADB} "$@" < "$0"`, script, ...options, "--bootstrap"]);

  await writeFile(script, `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}';\n`);
  const network = [`--socket=${join(folder, "socket")}`, `--port=${port}`, "--bind-address=127.0.0.1"];
  const server = spawn(MARIADB, [...options, ...network, `--init-file=${script}`], { stdio: "ignore" });
  endWithThisProcess(server);
  const exited = once(server, "exit");
  ending.push(async () => {
    server.kill("SIGKILL");
    await exited;
  });
  await vi.waitFor(async () => expect(await isListening(port)).toBe(true), { timeout: 120_000, interval: 50 });
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

/** phpMyAdmin as Debian has it, with a configuration of its own in place of `/etc/phpmyadmin/config.inc.php`. */
async function copyOfPhpMyAdmin(folder: string, database: number): Promise<string> {
  const pages = join(folder, "phpmyadmin");
  await cp("/usr/share/phpmyadmin", pages, { recursive: true, dereference: false });
  await mkdir(join(folder, "cache"));
  await writeFile(
    join(folder, "config.inc.php"),
    `<?php
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'host' => '127.0.0.1', 'port' => '${database}'];
$cfg['TempDir'] = '${join(folder, "cache")}';
$cfg['SendErrorReports'] = 'never';
`,
  );
  const paths = join(pages, "libraries", "vendor_config.php");
  const text = await readFile(paths, "utf8");
  expect(text).toContain("/etc/phpmyadmin/");
  await rm(paths);
  await writeFile(paths, text.replaceAll("/etc/phpmyadmin/", `${folder}/`));
  await writeFile(join(pages, "health"), "");
  return pages;
}

/** A browser that uses phpMyAdmin. */
function browser(client: Client) {
  const post = async (path: string, form: Record<string, string>) => {
    const body = String(new URLSearchParams(form));
    const headers = {
      "Content-Type": "application/x-www-form-urlencoded",
      "Content-Length": String(Buffer.byteLength(body)),
      "Sec-Fetch-Site": "same-origin",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
    };
    return client.ask(path, { method: "POST", headers, body });
  };
  const page = async (path: string) => (await client.ask(path)).text;
  return { page, post };
}

function field(name: string, html: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
  expect(value, html.slice(0, 2000)).toBeDefined();
  return value as string;
}

/** The token against forged requests, in a page of a visitor who is logged in. */
const tokenIn = (html: string) => /token:"([0-9a-f]{32})"/.exec(html)?.[1] ?? "no token";

describe("phpMyAdmin, unmodified", () => {
  it("keeps a visitor logged in, and the token of their open page valid, when either server is killed", async () => {
    const { page, post } = browser(site.client());
    const login = await page("/index.php");
    const sent = await post("/index.php?route=/", {
      ...{ pma_username: "root", pma_password: PASSWORD, server: "1", route: "/", lang: "en" },
      ...{ token: field("token", login), set_session: field("set_session", login) },
    });
    expect(sent.status, sent.text.slice(0, 2000)).toBe(302);
    const home = await page("/index.php?route=/");
    expect(home).toContain("root@localhost");
    const form = { ajax_request: "true", server: "1", db: "mysql", sql_query: "SELECT 6 * 7", token: tokenIn(home) };
    const query = async () => JSON.parse((await post("/index.php?route=/import", form)).text) as { success: boolean };
    expect(await query()).toMatchObject({ success: true });

    for (const { kill, start } of servers) {
      await kill();
      await expect.poll(() => page("/index.php?route=/")).toContain("root@localhost");
      expect(await query()).toMatchObject({ success: true });
      await start();
    }
    const forged = await post("/index.php?route=/import", { ...form, token: "0".repeat(32) });
    expect(JSON.parse(forged.text)).toMatchObject({ success: false });
  });
});
