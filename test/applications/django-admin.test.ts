import { expect } from "vitest";
import { describeWithPython } from "../sdk/python-tools.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";
import { preparePython } from "./harness/python.ts";

const HOME = "/admin/";
const GROUPS = "/admin/auth/group/";

describeWithPython(() =>
  describeApplication({
    id: "django-admin",
    name: "Django's admin",
    framework: "Django",
    lines: [
      'settings.py: SESSION_ENGINE = "moor_session.django"',
      'settings.py: MIDDLEWARE: "moor_session.django.SessionMiddleware"',
      "settings.py: USE_X_FORWARDED_HOST = True",
      'settings.py: SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ],
    session: "Moor",
    page: HOME,
    prepare: (out) => preparePython(out, "admin_site.py", { version: "5.2.19" }),
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
