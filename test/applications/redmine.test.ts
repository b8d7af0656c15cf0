/** @needs redmine puma */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { fieldsOf } from "./harness/browser.ts";
import { versionOf } from "./harness/debian.ts";

const PASSWORD = "of the admin";
const STORE = ['require "moor/session"', 'config.session_store :moor_store, principal_key: "user_id"'];

describeApplication({
  id: "redmine",
  name: "Redmine",
  framework: "Rails",
  lines: ['Gemfile.local: gem "moor-session"', ...STORE.map((line) => `config/additional_environment.rb: ${line}`)],
  session: "Moor",
  page: "/my/page",
  prepare,
  async logIn(browser) {
    const login = fieldsOf(await browser.open("/login"), "username");
    const page = await browser.submit("/login", { ...login, username: "admin", password: PASSWORD });
    expect(page.text).toContain("Logged in as");
  },
  knows: ({ text }) => text.includes("Logged in as"),
  async openForm(browser) {
    const form = fieldsOf(await browser.open("/groups/new"), "group[name]");
    return async (text) => {
      const saved = await browser.submit("/groups", { ...form, "group[name]": text });
      // The page after a form shows a message once.
      expect(saved.text).toContain("Successful creation");
      const groups = await browser.open("/groups");
      expect(groups.text).not.toContain("Successful creation");
      expect(browser.otherCookies()).toEqual([]);
      return groups;
    };
  },
  async logOut(browser) {
    const form = fieldsOf(await browser.open("/groups/new"), "group[name]");
    expect((await browser.submit("/logout", form)).text).toContain("Sign in");
  },
});

/** Redmine in a folder of its own: its database, and the lines that a project adds for the drop-in. */
async function prepare(out: string): Promise<Prepared> {
  const ofMachine = ["instances", "Gemfile.lock", join("config", "database.yml")];
  await cp("/usr/share/redmine", out, {
    recursive: true,
    filter: (path) => !ofMachine.some((file) => path === join("/usr/share/redmine", file)),
  });
  const instance = join(out, "instances", "default");
  for (const folder of ["config", "files", "log", join("tmp", "cache")]) {
    await mkdir(join(instance, folder), { recursive: true });
  }
  const database = `production:\n  adapter: sqlite3\n  timeout: 5000\n  database: ${join(out, "redmine.sqlite3")}\n`;
  const gems = `gem "puma"\ngem "moor-session", path: "${resolve("sdk/ruby")}"\n`;
  await writeFile(join(instance, "config", "secret_key.txt"), randomBytes(64).toString("hex"));
  await writeFile(join(instance, "config", "database.yml"), database);
  await writeFile(join(out, "config", "database.yml"), database);
  await writeFile(join(out, "config", "additional_environment.rb"), `${STORE.join("\n")}\n`);
  await writeFile(join(out, "Gemfile.local"), gems);
  await writeFile(join(out, "public", "health"), "");

  const env = { RAILS_ENV: "production", BUNDLE_GEMFILE: join(out, "Gemfile") };
  const ofMoor = { MOOR_ISSUER: "https://shop.test", MOOR_AUDIENCE: "app" };
  const run = (...argv: string[]) =>
    promisify(execFile)("bundle", argv, { cwd: out, env: { ...process.env, ...env, ...ofMoor } });
  await run("install", "--local", "--quiet");
  await run("exec", "rake", "db:migrate");
  await run("exec", "rails", "runner", `User.find(1).update!(must_change_passwd: false, password: "${PASSWORD}")`);
  const puma = ["bundle", "exec", "puma", "--quiet", "--dir", out];
  return {
    version: await versionOf("redmine"),
    command: (port) => ({ argv: [...puma, "--bind", `tcp://127.0.0.1:${port}`], env }),
  };
}
