/** @needs wordpress php-fpm nginx php-cli php-mysql mariadb-server-core */
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf } from "./harness/guide.ts";
import { FPM_POOL, poolOf } from "./harness/php-fpm.ts";
import { prepareWordPress } from "./wordpress/site.ts";

const NOTES = "/?page_of=notes";
describeApplication({
  id: "wordpress-sessions",
  name: "WordPress with a plugin that uses sessions",
  framework: "PHP-FPM",
  lines: [...linesOf("wordpress", "wp-config.php"), ...linesOf("wordpress", FPM_POOL)],
  session: "Moor",
  page: NOTES,
  prepare: (out) => prepareWordPress(out, poolOf("wordpress")),
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
