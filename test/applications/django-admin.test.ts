import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { describeWithPython } from "../sdk/python-tools.ts";
import { describeApplication } from "./harness/application.suite.ts";
import type { Application } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf, ofTest, snippetOf } from "./harness/guide.ts";
import { describeMove } from "./harness/move.suite.ts";
import { preparePython } from "./harness/python.ts";

const HOME = "/admin/";
const GROUPS = "/admin/auth/group/";

/** The lines of the guide as a module. */
async function writeGuide(out: string): Promise<void> {
  const middleware = `SESSION_MIDDLEWARE = [\n${snippetOf("django", "MIDDLEWARE")}]\n`;
  await writeFile(join(out, "guide.py"), ofTest(snippetOf("django", "settings.py")) + middleware);
}

const admin: Application = {
  id: "django-admin",
  name: "Django's admin",
  framework: "Django",
  lines: [...linesOf("django", "settings.py"), ...linesOf("django", "MIDDLEWARE")],
  session: "Moor",
  page: HOME,
  async prepare(out) {
    await writeGuide(out);
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
      return groups;
    };
  },
  async logOut(browser) {
    const form = fieldsOf(await browser.open(HOME), "csrfmiddlewaretoken");
    expect((await browser.submit(`${HOME}logout/`, form)).text).toContain("Logged out");
  },
};

describeWithPython(() => {
  describeApplication({
    ...admin,
    async openForm(browser) {
      const send = await admin.openForm(browser);
      expect(browser.otherCookies()).toEqual([]);
      return send;
    },
  });
  describeMove(admin, {
    cookie: "sessionid",
    path: "/moor-adopt",
    async prepare(out) {
      await writeGuide(out);
      const options = { version: "", modules: out };
      const old = await preparePython(out, "admin_site.py", { ...options, role: "old" });
      const fresh = await preparePython(out, "admin_site.py", { ...options, isThere: true });
      return { old: old.command, fresh: fresh.command };
    },
  });
});
