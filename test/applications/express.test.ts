import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { buildPackage } from "../support/node/built-package.ts";
import { describeApplication } from "./harness/application.suite.ts";
import { fieldsOf } from "./harness/browser.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";

describeApplication({
  id: "express",
  name: "A notebook in Express",
  framework: "Express",
  lines: linesOf("express", "app.js"),
  session: "Moor",
  page: "/notes",
  async prepare(out) {
    await buildPackage(join(out, "node_modules"), "express");
    const site = await readFile("test/applications/express/site.cjs", "utf8");
    await writeFile(join(out, "site.cjs"), site.replace("// THE LINES OF THE GUIDE", snippetOf("express", "app.js")));
    const { version } = JSON.parse(await readFile("node_modules/express/package.json", "utf8"));
    return { version, command: () => ({ argv: [process.execPath, join(out, "site.cjs")] }) };
  },
  async logIn(browser) {
    const form = fieldsOf(await browser.open("/login"), "user");
    expect((await browser.submit("/login", { ...form, user: "Alice" })).path).toBe("/notes");
  },
  knows: ({ text }) => text.includes("Notes of Alice"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/notes"), "note");
    return async (note) => {
      const written = await browser.submit("/notes", { ...form, note });
      expect(browser.otherCookies()).toEqual([]);
      return written;
    };
  },
  async logOut(browser) {
    expect((await browser.submit("/logout", {})).path).toBe("/login");
  },
});
