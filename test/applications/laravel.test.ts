/** @needs php-fpm nginx php-cli php-laravel-framework */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";
import { FPM_POOL, phpFpm, poolOf } from "./harness/php-fpm.ts";

const PROXIES = "app/Http/Middleware/TrustProxies.php";

describeApplication({
  id: "laravel",
  name: "A notebook on Laravel",
  framework: "Laravel",
  lines: [PROXIES, ".env", FPM_POOL].flatMap((file) => linesOf("laravel", file)),
  session: "Moor",
  page: "/",
  prepare,
  async logIn(browser) {
    const login = await browser.open("/");
    expect(login.path).toBe("/login");
    const known = { ...fieldsOf(login, "name"), name: "alice", password: "of alice" };
    expect((await browser.submit("/login", known)).path).toBe("/");
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
    const form = fieldsOf(await browser.open("/"), "leave");
    expect((await browser.submit("/logout", form)).path).toBe("/login");
  },
});

async function prepare(out: string): Promise<Prepared> {
  await mkdir(join(out, "app/Http/Middleware"), { recursive: true });
  await mkdir(join(out, "bootstrap/cache"), { recursive: true });
  await mkdir(join(out, "public"));
  const body = snippetOf("laravel", PROXIES);
  await writeFile(
    join(out, PROXIES),
    `<?php\nnamespace App\\Http\\Middleware;\nclass TrustProxies extends \\Illuminate\\Http\\Middleware\\TrustProxies\n{\n${body}}\n`,
  );
  await writeFile(
    join(out, "public/index.php"),
    `<?php require '${resolve("test/applications/laravel/public.php")}';\n`,
  );
  const dotEnv = snippetOf("laravel", ".env").replace(/^(\w+)=(.*)$/gm, "env[$1] = $2");
  const own = `env[PROJECT] = ${out}\nenv[MOOR_PHP] = ${resolve("sdk/php")}\n`;
  return {
    version: await versionOf("php-laravel-framework"),
    command: (port, name) =>
      phpFpm({ folder: join(out, name), port, pages: join(out, "public"), pool: poolOf("laravel") + dotEnv + own }),
  };
}
