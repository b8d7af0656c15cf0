/** @needs mediawiki php-fpm nginx php-cli php-sqlite3 */
import { execFile } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf, VISITOR_IP } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, PUBLIC_ADDRESS, snippetOf } from "./harness/guide.ts";
import { phpFpm } from "./harness/php-fpm.ts";

const MEDIAWIKI = "/usr/share/mediawiki";
const SETTINGS = "LocalSettings.php";
const PASSWORD = "the password of alice";

const page = (title: string) => `/index.php?title=${title}`;

describeApplication({
  id: "mediawiki",
  name: "MediaWiki",
  framework: "PHP-FPM",
  lines: linesOf("mediawiki", SETTINGS),
  session: "its own store",
  page: page("Main_Page"),
  prepare,
  async logIn(browser) {
    // MediaWiki names a visitor without a login by their address.
    const { text } = await browser.open("/api.php?action=query&meta=userinfo&format=json");
    expect(JSON.parse(text)).toMatchObject({ query: { userinfo: { name: VISITOR_IP } } });
    const path = page("Special:UserLogin");
    const form = { ...fieldsOf(await browser.open(path), "wpName"), wpName: "Alice", wpPassword: PASSWORD };
    expect((await browser.submit(path, form)).path).toBe(page("Main_Page"));
  },
  knows: ({ text }) => text.includes("Log out"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open(`${page("Notes")}&action=edit`), "wpTextbox1");
    return async (text) => {
      const sent = { ...form, wpTextbox1: text, wpSave: "Save" };
      return browser.submit(`${page("Notes")}&action=submit`, sent);
    };
  },
  async logOut(browser) {
    const path = page("Special:UserLogout");
    await browser.submit(path, fieldsOf(await browser.open(path), "wpEditToken"));
  },
});

/** Debian's MediaWiki, with its database in SQLite and the lines of the guide. */
async function prepare(out: string): Promise<Prepared> {
  const answers = {
    dbtype: "sqlite",
    dbname: "wiki",
    dbpath: out,
    confpath: out,
    server: "http://127.0.0.1",
    scriptpath: "",
    pass: PASSWORD,
  };
  const options = Object.entries(answers).flatMap(([name, value]) => [`--${name}`, value]);
  await promisify(execFile)("php", [join(MEDIAWIKI, "maintenance/install.php"), ...options, "Wiki", "Alice"]);
  const settings = join(out, SETTINGS);
  await appendFile(settings, snippetOf("mediawiki", SETTINGS).replace(PUBLIC_ADDRESS, TEST_ISSUER));
  return {
    version: await versionOf("mediawiki"),
    command: (port, name) =>
      phpFpm({ folder: join(out, name), port, pages: MEDIAWIKI, pool: `env[MW_CONFIG_FILE] = ${settings}` }),
  };
}
