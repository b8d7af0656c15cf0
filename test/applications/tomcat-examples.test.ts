/** @needs maven tomcat10-common tomcat10-examples */
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import type { Browser, Seen } from "./harness/browser.ts";
import { linesOf } from "./harness/guide.ts";
import { prepareTomcat } from "./harness/tomcat.ts";

const PAGE = "/examples/servlets/servlet/SessionExample";

describeApplication({
  id: "tomcat-examples",
  name: "SessionExample of Tomcat",
  framework: "Servlets",
  lines: [
    ...linesOf("tomcat", "conf/server.xml"),
    "conf/web.xml: a filter of the class moor.session.servlet.MoorFilter",
    "lib: its two jars",
  ],
  session: "Moor",
  page: PAGE,
  prepare: prepareTomcat,
  // The application has no login. An attribute with the visitor's name stands for it.
  logIn: async (browser) => void (await set(browser, "user", "alice")),
  knows: (page) => attributesOf(page).user === "alice",
  async openForm(browser) {
    const { user } = attributesOf(await browser.open(PAGE));
    return async (text) => {
      // SessionExample sets attributes when half of its page is written.
      const page = await set(browser, "words", text);
      expect(attributesOf(page)).toEqual({ user, words: text });
      return page;
    };
  },
  async logOut(browser) {
    expect(attributesOf(await set(browser, "user", ""))).not.toHaveProperty("user");
  },
});

/** Sets an attribute by the form of the page. An empty value removes it. */
async function set(browser: Browser, dataname: string, datavalue: string): Promise<Seen> {
  return browser.submit(PAGE, datavalue === "" ? { dataname } : { dataname, datavalue });
}

/** The attributes that the page shows. */
function attributesOf({ text }: Seen): Record<string, string> {
  const shown = text.matchAll(/^(\w+) = (.*)\r?\n<a href/gm);
  return Object.fromEntries(Array.from(shown, ([, name = "", value = ""]) => [name, value]));
}
