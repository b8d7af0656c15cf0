/** @needs chromium openssl */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { Told } from "../../support/node/client.ts";
import { inCookies } from "../../support/node/cookie-sessions.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { pathOf } from "../../support/node/packages.ts";
import { runningProcesses } from "../../support/node/processes.ts";
import { startSite } from "../../support/node/site.ts";
import { AT_EDGE, startTlsEdge } from "../../support/node/tls-edge.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], inCookies());
/** Below `/forty` it sets forty cookies, as an application may. */
const edge = await startTlsEdge(site.moor.port, (incoming, response) => {
  if (incoming.url !== "/forty") return false;
  const cookies = Array.from({ length: 40 }, (_, n) => `application${n}=${"x".repeat(100)}; Path=/; Max-Age=86400`);
  response.setHeader("Set-Cookie", cookies);
  response.end("ok");
  return true;
});
const address = `https://shop.test:${edge.port}`;
afterAll(async () => {
  await Promise.all([site.stop(), edge.stop()]);
  await origin.kill();
});

/** A browser with a profile on disk. */
async function profile() {
  const folder = await mkdtemp(join(tmpdir(), "moor-profile-"));
  let context: BrowserContext | undefined;
  onTestFinished(async () => {
    await context?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    /** Opens it, after it has been closed in good order if it was open. */
    async open(): Promise<Page> {
      await context?.close();
      context = await chromium.launchPersistentContext(folder, {
        executablePath: pathOf("chromium") ?? "chromium",
        ...AT_EDGE.context,
        args: [...AT_EDGE.args],
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      return page;
    },
    /** Kills all of its processes with SIGKILL. */
    async kill(): Promise<void> {
      const closed = new Promise((resolve) => context?.once("close", resolve));
      const own = (await runningProcesses()).filter(({ command }) => command.includes(`--user-data-dir=${folder}`));
      for (const { pid } of own) process.kill(pid, "SIGKILL");
      await closed;
      context = undefined;
    },
  };
}

/** Visits a path, and returns the session that its origin was shown. */
async function visit(page: Page, path = "/"): Promise<Told["session"]> {
  await page.goto(address + path);
  return (JSON.parse((await page.locator("body").textContent()) ?? "") as Told).session;
}

/** Sends requests of the page's script, all at once, and waits for all of their responses. */
function postAll(page: Page, paths: readonly string[]): Promise<number[]> {
  return page.evaluate(
    (all) => Promise.all(all.map((path) => fetch(path, { method: "POST" }).then(({ status }) => status))),
    [...paths],
  );
}

const twelve = Array.from({ length: 12 }, (_, n) => n);
const expected = Object.fromEntries(twelve.map((n) => [`n${n}`, String(n)]));
const setting = twelve.map((n) => `/?set=n${n}:${n}&delayMs=${n % 4 === 0 ? 1_200 : n % 3 === 0 ? 300 : 0}`);
const statesOf = async (page: Page) =>
  (await page.context().cookies(address)).filter(({ name }) => /^__Host-moor\.[\w-]{8}\.[\w-]{6,}$/.test(name));

describe("a session in the cookies of Chromium", () => {
  it("keeps the attributes of twelve requests in parallel, slow ones among them, beside forty other cookies", async () => {
    const page = await (await profile()).open();
    await page.goto(`${address}/forty`);
    await visit(page, "/?set=first:1");
    expect(await postAll(page, setting)).toEqual(twelve.map(() => 200));
    expect((await visit(page)).data).toEqual({ first: "1", ...expected });
    const cookies = await page.context().cookies(address);
    expect(cookies.filter(({ name }) => name.startsWith("application"))).toHaveLength(40);
    await visit(page, "/?set=last:1");
    expect(await statesOf(page)).toHaveLength(1);
    expect((await visit(page)).data).toEqual({ first: "1", ...expected, last: "1" });
  });

  it("keeps the changes of two tabs", async () => {
    const first = await (await profile()).open();
    await visit(first, "/?set=first:1");
    const second = await first.context().newPage();
    await second.goto(address);
    await Promise.all([postAll(first, setting.slice(0, 6)), postAll(second, setting.slice(6))]);
    expect((await visit(first)).data).toEqual({ first: "1", ...expected });
  });

  it("stays ended although a slow response arrives after the logout, and a new session stays as well", async () => {
    const page = await (await profile()).open();
    const { sid } = await visit(page, "/?set=first:1").then(() => visit(page));
    const other = await page.context().newPage();
    await other.goto(`${address}/forty`);
    const slow = await origin.hold((query) => postAll(other, [`/?set=late:1&${query}`]));
    expect(await postAll(page, ["/.moor/logout"])).toEqual([204]);
    const anew = await visit(page, "/?set=anew:1").then(() => visit(page));
    expect(anew).toMatchObject({ data: { anew: "1" } });
    expect(anew.sid).not.toBe(sid);
    await slow.release();
    expect(await visit(page)).toMatchObject({ sid: anew.sid, data: { anew: "1" } });
  });

  it("stays ended when the browser is killed after a logout, and brings its old cookies back", async () => {
    const browser = await profile();
    await visit(await browser.open(), "/?set=basket:apples");
    // Chromium writes cookies when it closes, and otherwise after half a minute.
    const page = await browser.open();
    const { sid, data } = await visit(page);
    expect(data).toEqual({ basket: "apples" });
    expect(await postAll(page, ["/.moor/logout"])).toEqual([204]);
    await browser.kill();

    const restarted = await browser.open();
    expect(await statesOf(restarted)).toHaveLength(1);
    expect(await visit(restarted)).toMatchObject({ new: true });
    expect((await visit(restarted, "/?set=basket:pears")).sid).not.toBe(sid);
    expect((await visit(restarted)).data).toEqual({ basket: "pears" });
  });
});
