import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { buildNextApp, nextStart } from "../support/node/next-app.ts";
import { describeWithTestPackages, TEST_MODULES } from "../support/node/test-packages.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";

describeWithTestPackages(() =>
  describeApplication({
    id: "nextjs",
    name: "Forms with Server Actions",
    framework: "Next.js",
    lines: ['import { session } from "moor/next"'],
    session: "Moor",
    page: "/basket",
    async prepare() {
      const folder = await buildNextApp();
      const { version } = JSON.parse(await readFile(join(TEST_MODULES, "next", "package.json"), "utf8"));
      return { version, command: (port) => nextStart(folder, port) };
    },
    async logIn(browser) {
      const form = fieldsOf(await browser.open("/login"), "user");
      expect((await browser.submit("/login", { ...form, user: "alice" }, "multipart/form-data")).path).toBe("/");
    },
    knows: ({ text }) => text.includes("principal&quot;:&quot;alice"),
    async openForm(browser) {
      const form = fieldsOf(await browser.open("/basket"), "item");
      return async (item) => {
        const added = await browser.submit("/basket", { ...form, item }, "multipart/form-data");
        expect(browser.otherCookies()).toEqual([]);
        return added;
      };
    },
    async logOut(browser) {
      const form = fieldsOf(await browser.open("/basket"), "sure");
      expect((await browser.submit("/basket", { ...form, sure: "yes" }, "multipart/form-data")).path).toBe("/login");
    },
  }),
);
