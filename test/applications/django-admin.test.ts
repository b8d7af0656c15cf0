import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { describeWithPython } from "../sdk/python-tools.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf, ofTest, snippetOf } from "./harness/guide.ts";
import { preparePython } from "./harness/python.ts";

const HOME = "/admin/";
const GROUPS = "/admin/auth/group/";

describeWithPython(() =>
  describeApplication({
    id: "django-admin",
    name: "Django's admin",
    framework: "Django",
    lines: [...linesOf("django", "settings.py"), ...linesOf("django", "MIDDLEWARE")],
    session: "Moor",
    page: HOME,
    async prepare(out) {
      const middleware = `SESSION_MIDDLEWARE = [\n${snippetOf("django", "MIDDLEWARE")}]\n`;
      await writeFile(join(out, "guide.py"), ofTest(snippetOf("django", "settings.py")) + middleware);
      return preparePython(out, "admin_site.py", { version: "5.2.19", modules: out });
    },
    async logIn(browser) {
      const login = fieldsOf(await browser.open(`${HOME}login/`), "csrfmiddlewaretoken");
      const known = { username: "alice", password: "of alice", next: HOME };
      expect((await browser.submit(`${HOME}login/`, { ...login, ...known })).path).toBe(HOME);
    },
    knows: ({ text }) => text.includes("Site administration") && !text.includes('name="password"'),
    async openForm(browser) {
      const form = fieldsOf(await browser.open(`${GROUPS}add/`), "name");
      return async (text) => {
        const saved = await browser.submit(`${GROUPS}add/`, { ...form, name: text });
        // The page after a form shows a message once.
        expect(saved.text).toContain("was added successfully");
        const groups = await browser.open(GROUPS);
        expect(groups.text).not.toContain("was added successfully");
        expect(browser.otherCookies()).toEqual([]);
        return groups;
      };
    },
    async logOut(browser) {
      const form = fieldsOf(await browser.open(HOME), "csrfmiddlewaretoken");
      expect((await browser.submit(`${HOME}logout/`, form)).text).toContain("Logged out");
    },
  }),
);
