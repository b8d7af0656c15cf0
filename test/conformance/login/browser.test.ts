/** @needs chromium */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { pathOf } from "../../support/node/packages.ts";
import { fillIn, launchWithBackCache, shownOn, startBrowserSite, textsBehind } from "./browser-site.ts";

const [site, other, browser] = await Promise.all([
  startBrowserSite(),
  startLocalOrigin("other"),
  launchWithBackCache(),
]);
const { home, provider, received, answered, logIn } = site;
afterAll(async () => {
  await browser.close();
  await Promise.all([site.stop(), other.stop()]);
});

async function freshContext(): Promise<BrowserContext> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context;
}

describe("after a logout", () => {
  it("no page of the visitor shows again: not by Back, not from the cache, and not as it was fetched ahead", async () => {
    const page = await logIn(await freshContext(), "alice");
    for (const path of ["/orders/2", "/orders/cached", "/public/prefetch"]) {
      await page.goto(home + path);
      expect(await shownOn(page)).toBe("alice");
    }
    await expect.poll(() => received).toContain("/orders/ahead prefetch");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await page.waitForURL(`${home}/public/bye`);
    const texts = await textsBehind(page);

    expect(texts.length).toBeGreaterThan(3);
    expect(texts.filter((text) => text.includes("alice"))).toEqual([]);
    for (const path of ["/orders/cached", "/orders/ahead"]) {
      await page.goto(home + path);
      expect(await page.locator("input[name=login]").count()).toBe(1);
    }
  });
});

describe("after a change to another account", () => {
  it("every window shows the other account, and Back shows no page of the first", async () => {
    const context = await freshContext();
    const first = await logIn(context, "alice");
    await first.goto(`${home}/orders/cached`);
    const second = await context.newPage();
    await second.goto(`${home}/.moor/login?as=other&to=/orders/2`);
    await fillIn(second, "bob");
    await second.waitForURL(`${home}/orders/2`);
    expect(await shownOn(second)).toBe("bob");
    expect((await textsBehind(first)).filter((text) => text.includes("alice"))).toEqual([]);
    await first.goto(`${home}/orders/cached`);
    expect(await shownOn(first)).toBe("bob");
  });
});

describe("two windows that wait at the provider", () => {
  it("both show the person who logs in first", async () => {
    const context = await freshContext();
    const [first, second] = [await context.newPage(), await context.newPage()];
    await first.goto(`${home}/orders/1`);
    await second.goto(`${home}/orders/2`);
    await fillIn(first, "alice");
    await first.waitForURL(`${home}/orders/1`);
    await fillIn(second, "bob");
    await second.waitForURL(`${home}/orders/2`);
    expect([await shownOn(first), await shownOn(second)]).toEqual(["alice", "alice"]);
  });
});

describe("the address of a callback", () => {
  it("that is opened again leads to the page, and Back and Forward past it show no failure", async () => {
    const context = await freshContext();
    const page = await context.newPage();
    const callbacks: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(`${home}/.moor/login/callback`)) callbacks.push(request.url());
    });
    await page.goto(`${home}/orders/1`);
    await fillIn(page, "alice");
    await page.waitForURL(`${home}/orders/1`);
    const { exchanges } = provider;
    await page.goto(callbacks[0] ?? "");
    expect([page.url(), await shownOn(page)]).toEqual([`${home}/orders/1`, "alice"]);
    await page.goBack();
    await page.goForward();
    expect(await shownOn(page)).toBe("alice");
    expect(provider.exchanges).toBe(exchanges);
  });
});

describe("a browser that is started again with the tabs that it had", () => {
  it("shows each of them without a login", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moor-browser-"));
    const start = () =>
      chromium.launchPersistentContext(folder, {
        executablePath: pathOf("chromium") ?? "chromium",
        args: ["--headless", "--no-sandbox", "--disable-gpu"],
      });
    const before = await start();
    await logIn(before, "alice");
    await before.close();
    const context = await start();
    onTestFinished(async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    });
    const { exchanges } = provider;
    const pages = await Promise.all([1, 2, 3, 4, 5].map(() => context.newPage()));
    await Promise.all(pages.map((page, at) => page.goto(`${home}/orders/${at}`)));
    expect(await Promise.all(pages.map(shownOn))).toEqual(Array(5).fill("alice"));
    expect(provider.exchanges).toBe(exchanges);
  });
});

describe("a guarded page that the browser renders ahead", () => {
  it("is not sent to the provider, and the click leads to the login and then to the page", async () => {
    const page = await (await freshContext()).newPage();
    const [asked, refused] = [provider.asked.length, answered("/orders/ahead", 401)];
    await page.goto(`${home}/public/prerender`);
    await expect.poll(() => answered("/orders/ahead", 401)).toBeGreaterThan(refused);
    expect(provider.asked.length).toBe(asked);
    await page.getByRole("link", { name: "ahead" }).click();
    await fillIn(page, "alice");
    await page.waitForURL(`${home}/orders/ahead`);
    expect(await shownOn(page)).toBe("alice");
  });
});

describe("a guarded page in a frame of another site", () => {
  it("shows a link, which opens the login in the whole window and leads to the page", async () => {
    other.answers((_, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(`<!doctype html><iframe src="${home}/orders/1"></iframe>`);
    });
    const page = await (await freshContext()).newPage();
    await page.goto(other.url);
    const link = page.frameLocator("iframe").getByRole("link", { name: "Log in" });
    await link.click();
    await fillIn(page, "alice");
    await page.waitForURL(`${home}/orders/1`);
    expect(await shownOn(page)).toBe("alice");
    // The cookie of the visitor does not go along to a frame of another site.
    await page.goto(other.url);
    await link.waitFor();
    expect(await page.frameLocator("iframe").locator("body").innerText()).not.toContain("alice");
  });
});
