/** @needs php-cli php-mysql phpmyadmin mariadb-server-core */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import type { Application, Prepared } from "./harness/application.ts";
import { type Browser, fieldsOf, type Seen } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";
import { type MariaDb, startMariaDb } from "./harness/mariadb.ts";
import { describeMove } from "./harness/move.suite.ts";
import { PHP_DROP_IN, phpServer } from "./harness/php.ts";

const HOME = "/index.php?route=/";
const QUERY = "/index.php?route=/import";

const SDK = dirname(PHP_DROP_IN);

let database: MariaDb;

const phpMyAdmin: Application = {
  id: "phpmyadmin",
  name: "phpMyAdmin",
  framework: "PHP",
  lines: ["php.ini: auto_prepend_file = moor-session.php"],
  session: "Moor",
  page: HOME,
  prepare,
  async logIn(browser) {
    const login = await browser.open("/index.php");
    const known = { pma_username: "root", pma_password: database.password };
    const home = await browser.submit(HOME, { ...fieldsOf(login, "pma_username"), ...known });
    expect(home.text).toContain("root@localhost");
  },
  knows: ({ text }) => text.includes("root@localhost"),
  async openForm(browser) {
    const token = tokenIn(await browser.open(HOME));
    const forged = await query(browser, "0".repeat(32), "SELECT 1");
    expect(JSON.parse(forged.text)).toMatchObject({ success: false });
    return async (text) => {
      const answer = await query(browser, token, `SELECT '${text}'`);
      expect(JSON.parse(answer.text)).toMatchObject({ success: true });
      return answer;
    };
  },
  async logOut(browser) {
    const token = tokenIn(await browser.open(HOME));
    await browser.submit("/index.php?route=/logout", { token });
  },
};

describeApplication(phpMyAdmin);
describeMove(phpMyAdmin, {
  // By https it gives its cookie this name.
  cookie: "phpMyAdmin_https",
  path: "/moor-adopt.php",
  async prepare(out) {
    const { stop, command } = await prepare(out);
    const pages = join(out, "phpmyadmin");
    const endpoint = `require '${SDK}/autoload.php'; MoorAdopt::answer('app', null, null, 'phpMyAdmin_https');`;
    await writeFile(join(pages, "moor-adopt.php"), `<?php ${endpoint}`);
    const sessions = join(out, "sessions");
    await mkdir(sessions);
    const old = (port: number) => ({ argv: phpServer(port, pages, `session.save_path=${sessions}`) });
    return { ...(stop && { stop }), old, fresh: command };
  },
});

/** Sends the form for SQL, as the page does by a script. */
function query(browser: Browser, token: string, sql: string): Promise<Seen> {
  return browser.submit(QUERY, { ajax_request: "true", server: "1", db: "mysql", sql_query: sql, token });
}

/** The token against forged requests, in a page of a visitor who is logged in. */
const tokenIn = ({ text }: Seen) => /token:"([0-9a-f]{32})"/.exec(text)?.[1] ?? "no token";

/** phpMyAdmin as Debian has it, with a configuration of its own in place of `/etc/phpmyadmin/config.inc.php`. */
async function prepare(out: string): Promise<Prepared> {
  database = await startMariaDb(out);
  const pages = join(out, "phpmyadmin");
  await cp("/usr/share/phpmyadmin", pages, { recursive: true, dereference: false });
  await mkdir(join(out, "cache"));
  await writeFile(
    join(out, "config.inc.php"),
    `<?php
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'host' => '127.0.0.1', 'port' => '${database.port}'];
$cfg['TempDir'] = '${join(out, "cache")}';
$cfg['SendErrorReports'] = 'never';
`,
  );
  const paths = join(pages, "libraries", "vendor_config.php");
  const text = await readFile(paths, "utf8");
  expect(text).toContain("/etc/phpmyadmin/");
  await rm(paths);
  await writeFile(paths, text.replaceAll("/etc/phpmyadmin/", `${out}/`));
  await writeFile(join(pages, "health"), "");
  return {
    version: await versionOf("phpmyadmin"),
    async command(port, name) {
      const temporary = join(out, name);
      await mkdir(temporary, { recursive: true });
      return { argv: phpServer(port, pages, `auto_prepend_file=${PHP_DROP_IN}`), env: { TMPDIR: temporary } };
    },
    stop: () => database.stop(),
  };
}
