import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, type Pair, startPair } from "./pair.ts";
import { describeWithPython, PYTHON, python, sourceOf } from "./python-tools.ts";

const run = promisify(execFile);

describeWithPython(() => {
  it("the package's own tests pass", async () => {
    const { stderr } = await run(PYTHON, ["-B", "-m", "unittest", "discover", "-b", "-s", "tests", "-t", "."], {
      cwd: "sdk/python",
    });
    expect(stderr).toMatch(/^Ran [1-9]\d+ tests in .+\n\nOK$/m);
  });

  it("Django's own tests of session engines pass, except the four tests that the README names", async () => {
    const suite = ["-B", "-m", "tests.django_suite", sourceOf("django", "5.2.19")];
    const { stdout } = await run(PYTHON, suite, { cwd: "sdk/python" });
    expect(stdout.split("\n").map((line) => line.split(":")[0])).toEqual([
      "- test_cycle",
      "- test_cycle_async",
      "- test_save",
      "- test_save_async",
      "5.2.19",
      "",
    ]);
    expect(stdout).toContain("5.2.19: 61 passed, 4 failed");
  });

  describe.each([
    ["Django's admin", "admin_site.py", useAdmin],
    ["the application of Flask's tutorial", "flaskr_site.py", useFlaskr],
  ])("%s", (_name, file, use) => {
    let out: string;
    let pair: Pair;

    beforeAll(async () => {
      out = await mkdtemp(join(tmpdir(), "moor-python-"));
      const { argv, env } = python(resolve("test/sdk/python-apps", file));
      const own = { DATABASE: join(out, "db.sqlite"), FLASKR: join(sourceOf("flask", "3.1.3"), "examples/tutorial") };
      await run(PYTHON, [...argv.slice(1), "init"], {
        env: { ...process.env, ...env, ...own, MOOR_ISSUER: "https://shop.test", MOOR_AUDIENCE: "app" },
      });
      pair = await startPair(() => ({ argv, env: { ...env, ...own } }), out);
    }, 120_000);
    afterAll(async () => {
      await pair?.stop();
      await rm(out, { recursive: true, force: true });
    });

    it("keeps a visitor logged in when their server is killed, and when the other server is killed after that", async () => {
      await use(pair);
    });
  });
});

/** The token of a form that Django has made. */
const tokenIn = (text: string) => /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(text)?.[1] ?? "";

async function useAdmin(pair: Pair): Promise<void> {
  const browser = pair.browser();
  const form = tokenIn((await browser.open("/admin/login/")).text);
  const credentials = { username: "alice", password: "of alice", next: "/admin/", csrfmiddlewaretoken: form };
  const { text, server } = await browser.submit("/admin/login/", credentials);
  expect(text).toContain("Site administration");
  const add = tokenIn((await browser.open("/admin/auth/group/add/")).text);
  const other = server === "a" ? "b" : "a";
  await pair.without(server, () => addGroup(browser, "first", add, other));
  await pair.without(other, () => addGroup(browser, "second", add, server));
  expect(browser.otherCookies()).toEqual([]);
  const logout = await browser.submit("/admin/logout/", { csrfmiddlewaretoken: add });
  expect(logout.text).toContain("Logged out");
  expect((await browser.open("/admin/")).text).toContain('name="password"');
}

/** Adds a group by a form that was opened before the server died. The page after it shows a message once. */
async function addGroup(browser: Browser, name: string, token: string, server: string): Promise<void> {
  expect(await browser.open("/admin/")).toMatchObject({ server, text: expect.stringContaining("Site administration") });
  const saved = await browser.submit("/admin/auth/group/add/", { name, csrfmiddlewaretoken: token });
  expect(saved).toMatchObject({ server, text: expect.stringContaining("was added successfully") });
  expect((await browser.open("/admin/auth/group/")).text).not.toContain("was added successfully");
}

async function useFlaskr(pair: Pair): Promise<void> {
  const browser = pair.browser();
  const credentials = { username: "alice", password: "of alice" };
  await browser.submit("/auth/register", credentials);
  const { text, server } = await browser.submit("/auth/login", credentials);
  expect(text).toContain("Log Out");
  const other = server === "a" ? "b" : "a";
  await pair.without(server, () => writePost(browser, "first", other));
  await pair.without(other, () => writePost(browser, "second", server));
  expect(browser.otherCookies()).toEqual([]);
  expect((await browser.open("/auth/logout")).text).toContain("Log In");
}

async function writePost(browser: Browser, title: string, server: string): Promise<void> {
  expect(await browser.open("/")).toMatchObject({ server, text: expect.stringContaining("Log Out") });
  const written = await browser.submit("/create", { title, body: "x" });
  expect(written).toMatchObject({ server, text: expect.stringContaining(title) });
}
