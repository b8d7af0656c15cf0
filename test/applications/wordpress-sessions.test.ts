/** @needs wordpress php-fpm nginx php-cli php-mysql mariadb-server-core */
import { expect } from "vitest";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";
import { PHP_DROP_IN } from "./harness/php.ts";
import { prepareWordPress } from "./wordpress/site.ts";

const NOTES = "/?page_of=notes";
const POOL = "/etc/php/8.2/fpm/pool.d/www.conf";

/** The lines of the guide, with the addresses of this test. */
const pool = `${snippetOf("wordpress", POOL)
  .replace("/path/to/sdk/php/moor-session.php", PHP_DROP_IN)
  .replace("https://shop.example.com", TEST_ISSUER)
  .replace("= site", "= app")}env[MOOR_URL] = $MOOR_URL`;

describeApplication({
  id: "wordpress-sessions",
  name: "WordPress with a plugin that uses sessions",
  framework: "PHP-FPM",
  lines: [...linesOf("wordpress", "wp-config.php"), ...linesOf("wordpress", POOL)],
  session: "Moor",
  page: NOTES,
  prepare: (out) => prepareWordPress(out, pool),
  async logIn(browser) {
    const form = fieldsOf(await browser.open(NOTES), "name");
    expect((await browser.submit(NOTES, { ...form, name: "Alice" })).text).toContain("Notes of Alice");
  },
  knows: ({ text }) => text.includes("Notes of Alice"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open(NOTES), "note");
    return (note) => browser.submit(NOTES, { ...form, note });
  },
  async logOut(browser) {
    const form = fieldsOf(await browser.open(NOTES), "note");
    await browser.submit(NOTES, { ...form, leave: "1" });
  },
});
