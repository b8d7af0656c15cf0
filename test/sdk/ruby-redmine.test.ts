/** @needs redmine puma */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, type Pair, startPair } from "./pair.ts";

const PASSWORD = "of the admin";

describe("Debian's Redmine, with three lines of configuration", () => {
  let out: string;
  let pair: Pair;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "moor-redmine-"));
    await copyRedmine(out);
    const env = { RAILS_ENV: "production", BUNDLE_GEMFILE: join(out, "Gemfile") };
    const ofMoor = { MOOR_ISSUER: "https://shop.test", MOOR_AUDIENCE: "app" };
    const run = (...argv: string[]) =>
      promisify(execFile)("bundle", argv, { cwd: out, env: { ...process.env, ...env, ...ofMoor } });
    await run("install", "--local", "--quiet");
    await run("exec", "rake", "db:migrate");
    await run("exec", "rails", "runner", `User.find(1).update!(must_change_passwd: false, password: "${PASSWORD}")`);
    const puma = ["bundle", "exec", "puma", "--quiet", "--dir", out];
    pair = await startPair((_out, port) => ({ argv: [...puma, "--bind", `tcp://127.0.0.1:${port}`], env }), out);
  }, 300_000);
  afterAll(async () => {
    await pair?.stop();
    await rm(out, { recursive: true, force: true });
  });

  it("keeps a visitor logged in when their server is killed, and when the other server is killed after that", async () => {
    const browser = pair.browser();
    const login = tokenIn((await browser.open("/login")).text);
    const { text, server } = await browser.submit("/login", {
      username: "admin",
      password: PASSWORD,
      authenticity_token: login,
    });
    expect(text).toContain("Logged in as");
    const form = tokenIn((await browser.open("/groups/new")).text);
    const other = server === "a" ? "b" : "a";
    await pair.without(server, () => addGroup(browser, "first", form, other));
    await pair.without(other, () => addGroup(browser, "second", form, server));
    expect(browser.otherCookies()).toEqual([]);
    const page = tokenIn((await browser.open("/my/page")).text);
    expect((await browser.submit("/logout", { authenticity_token: page })).text).toContain("Sign in");
  });
});

/** Redmine in a folder of its own: its database, and the lines that a project adds for the drop-in. */
async function copyRedmine(out: string): Promise<void> {
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
  const store = 'require "moor/session"\nconfig.session_store :moor_store, principal_key: "user_id"\n';
  await writeFile(join(instance, "config", "secret_key.txt"), randomBytes(64).toString("hex"));
  await writeFile(join(instance, "config", "database.yml"), database);
  await writeFile(join(out, "config", "database.yml"), database);
  await writeFile(join(out, "config", "additional_environment.rb"), store);
  await writeFile(join(out, "Gemfile.local"), gems);
  await writeFile(join(out, "public", "health"), "");
}

/** The token of the forms on a page. */
const tokenIn = (text: string) => /name="authenticity_token" value="([^"]+)"/.exec(text)?.[1] ?? "";

/** Adds a group by a form that was opened before the server died. The page after it shows a message once. */
async function addGroup(browser: Browser, name: string, token: string, server: string): Promise<void> {
  expect(await browser.open("/my/page")).toMatchObject({ server, text: expect.stringContaining("Logged in as") });
  const saved = await browser.submit("/groups", { "group[name]": name, authenticity_token: token });
  expect(saved).toMatchObject({ server, text: expect.stringContaining("Successful creation") });
  expect((await browser.open("/groups")).text).not.toContain("Successful creation");
}
