/** @needs dokuwiki php-fpm nginx php-cli */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, PUBLIC_ADDRESS, snippetOf } from "./harness/guide.ts";
import { FPM_POOL, phpFpm, poolOf } from "./harness/php-fpm.ts";

const SETTINGS = "conf/local.php";
const NOTES = "/doku.php?id=notes";
const PASSWORD = "of alice";

describeApplication({
  id: "dokuwiki",
  name: "DokuWiki",
  framework: "PHP-FPM",
  lines: [...linesOf("mediawiki", SETTINGS), ...linesOf("mediawiki", FPM_POOL)],
  session: "Moor",
  page: NOTES,
  prepare,
  async logIn(browser) {
    const form = fieldsOf(await browser.open(`${NOTES}&do=login`), "u");
    expect((await browser.submit(NOTES, { ...form, u: "alice", p: PASSWORD })).text).toContain("Log Out");
  },
  knows: ({ text }) => text.includes("Log Out"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open(`${NOTES}&do=edit`), "wikitext");
    return (wikitext) => browser.submit(NOTES, { ...form, wikitext, "do[save]": "1" });
  },
  async logOut(browser) {
    const { sectok = "" } = fieldsOf(await browser.open(`${NOTES}&do=edit`), "wikitext");
    await browser.open(`${NOTES}&do=logout&sectok=${sectok}`);
  },
});

/** Debian's DokuWiki with its settings and its pages in a folder of its own. */
async function prepare(out: string): Promise<Prepared> {
  const [pages, conf, data] = [join(out, "dokuwiki"), join(out, "conf"), join(out, "data")];
  await cp("/usr/share/dokuwiki", pages, { recursive: true });
  const folders = "attic cache index locks log media media_attic media_meta meta pages tmp";
  for (const folder of folders.split(" ")) await mkdir(join(data, folder), { recursive: true });
  const preload = join(pages, "inc/preload.php");
  const own = `<?php define('DOKU_CONF', '${conf}/');`;
  await writeFile(preload, (await readFile(preload, "utf8")).replace("<?php", own));

  await mkdir(conf);
  const lines = snippetOf("mediawiki", SETTINGS).replace(PUBLIC_ADDRESS, TEST_ISSUER);
  const settings = `$conf['savedir'] = '${data}';\n$conf['useacl'] = 1;\n$conf['superuser'] = '@admin';\n`;
  await writeFile(join(out, SETTINGS), `<?php\n${settings}${lines}`);
  await writeFile(join(conf, "acl.auth.php"), "*\t@ALL\t1\n*\t@user\t8\n");
  const hash = createHash("md5").update(PASSWORD).digest("hex");
  await writeFile(join(conf, "users.auth.php"), `alice:${hash}:Alice:alice@example.com:user\n`);
  return {
    version: await versionOf("dokuwiki"),
    command: (port, name) => phpFpm({ folder: join(out, name), port, pages, pool: poolOf("mediawiki") }),
  };
}
