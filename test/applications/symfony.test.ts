/** @needs php-fpm nginx php-cli php-symfony-security-bundle php-symfony-yaml */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";
import { FPM_POOL, phpFpm, poolOf } from "./harness/php-fpm.ts";

const FILES = ["config/packages/framework.yaml", "config/services.yaml"];

describeApplication({
  id: "symfony",
  name: "A notebook on Symfony",
  framework: "Symfony",
  lines: [...FILES, FPM_POOL].flatMap((file) => linesOf("symfony", file)),
  session: "Moor",
  page: "/",
  prepare,
  async logIn(browser) {
    const login = await browser.open("/");
    expect(login.path).toBe("/login");
    const known = { ...fieldsOf(login, "_username"), _username: "alice", _password: "of alice" };
    expect((await browser.submit("/login", known)).text).toContain("Notes of alice");
  },
  knows: ({ text }) => text.includes("Notes of alice"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/"), "note");
    return async (note) => {
      const page = await browser.submit("/", { ...form, note });
      // The page after a form shows a message once.
      expect(page.text).toContain("The note is stored.");
      expect((await browser.open("/")).text).not.toContain("The note is stored.");
      return page;
    };
  },
  async logOut(browser) {
    expect((await browser.open("/logout")).path).toBe("/login");
  },
});

async function prepare(out: string): Promise<Prepared> {
  await mkdir(join(out, "config/packages"), { recursive: true });
  await mkdir(join(out, "public"));
  for (const file of FILES) await writeFile(join(out, file), snippetOf("symfony", file));
  await writeFile(
    join(out, "public/index.php"),
    `<?php require '${resolve("test/applications/symfony/public.php")}';\n`,
  );
  const own = `env[PROJECT] = ${out}\nenv[MOOR_PHP] = ${resolve("sdk/php")}\n`;
  return {
    version: await versionOf("php-symfony-security-bundle"),
    command: (port, name) =>
      phpFpm({ folder: join(out, name), port, pages: join(out, "public"), pool: poolOf("symfony") + own }),
  };
}
