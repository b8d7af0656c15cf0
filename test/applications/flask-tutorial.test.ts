import { join } from "node:path";
import { expect } from "vitest";
import { describeWithPython, sourceOf } from "../sdk/python-tools.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf, VISITOR_IP } from "./harness/browser.ts";
import { linesIn } from "./harness/guide.ts";
import { preparePython } from "./harness/python.ts";

const VERSION = "3.1.3";
const USER = { username: "alice", password: "of alice" };

describeWithPython(() =>
  describeApplication({
    id: "flask-tutorial",
    name: "Flask's tutorial",
    framework: "Flask",
    lines: linesIn("test/applications/python/flaskr_site.py", "flask", "app.py"),
    session: "Moor",
    page: "/",
    prepare: (out) =>
      preparePython(out, "flaskr_site.py", {
        version: VERSION,
        env: { FLASKR: join(sourceOf("flask", VERSION), "examples/tutorial") },
      }),
    async logIn(browser) {
      // A second registration of the same user only shows a message.
      await browser.submit("/auth/register", USER);
      expect((await browser.submit("/auth/login", USER)).text).toContain("Log Out");
      expect((await browser.open("/address")).text).toBe(`${TEST_ISSUER}/auth/login for ${VISITOR_IP}`);
    },
    knows: ({ text }) => text.includes("Log Out"),
    async openForm(browser) {
      const form = fieldsOf(await browser.open("/create"), "title");
      return async (text) => {
        const written = await browser.submit("/create", { ...form, title: text, body: "x" });
        expect(browser.otherCookies()).toEqual([]);
        return written;
      };
    },
    async logOut(browser) {
      expect((await browser.open("/auth/logout")).text).toContain("Log In");
    },
  }),
);
