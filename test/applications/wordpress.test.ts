/** @needs wordpress php-fpm nginx php-cli php-mysql mariadb-server-core */
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf, linkIn } from "./harness/browser.ts";
import { linesOf } from "./harness/guide.ts";
import { PASSWORD, prepareWordPress } from "./wordpress/site.ts";

const LOGIN = "/wp-login.php";
const HOME = "/wp-admin/";

describeApplication({
  id: "wordpress",
  name: "WordPress",
  framework: "PHP-FPM",
  lines: linesOf("wordpress", "wp-config.php"),
  session: "its own store",
  page: HOME,
  prepare: (out) => prepareWordPress(out),
  async logIn(browser) {
    expect((await browser.open("/")).text).toContain("A shop");
    const form = fieldsOf(await browser.open(LOGIN), "log");
    const home = await browser.submit(LOGIN, { ...form, log: "alice", pwd: PASSWORD });
    expect(home.path).toBe(HOME);
  },
  knows: ({ text }) => text.includes("Dashboard") && !text.includes('name="pwd"'),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/wp-admin/post-new.php"), "post_ID");
    return async (text) => {
      const post = { ...form, post_title: text, content: "x", post_status: "publish" };
      // The form leads to the editor.
      const editor = await browser.submit("/wp-admin/post.php", post);
      expect(editor.path).toContain("action=edit");
      return browser.open(`/?p=${form.post_ID}`);
    };
  },
  async logOut(browser) {
    const page = await browser.open(linkIn(await browser.open(HOME), "action=logout"));
    expect(page.text).toContain("You are now logged out");
  },
});
