/** @needs chromium */
import { afterAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { startIdentityProvider } from "../../support/node/identity-provider.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const [origin, browser] = await Promise.all([startOrigin("a"), launchBrowser()]);
afterAll(async () => {
  await browser.close();
  await origin.kill();
});

const TABS = [1, 2, 3, 4, 5].map((tab) => `/tabs/${tab}?q=${tab}`);

/** A closed site at localhost, and its provider at 127.0.0.1, which is another site. */
async function start(sameSite: "lax" | "strict") {
  const provider = await startIdentityProvider({ redirectUris: [] });
  const site = await startSite([origin], {
    around: { loginSecret: provider.clientSecret },
    login: { issuer: provider.issuer, clientId: provider.clientId, hosts: ["localhost"] },
    require: "login",
    carriers: [{ type: "cookie", sameSite }],
  });
  const home = `http://localhost:${site.moor.port}`;
  provider.redirectUris = [`${home}/.moor/login/callback`];
  const context = await browser.newContext();
  const stop = async () => {
    await context.close();
    await site.stop();
    await provider.stop();
  };
  return { provider, site, home, context, stop };
}

describe.each(["lax", "strict"] as const)("with a cookie of SameSite=%s, a browser without any cookie", (sameSite) => {
  it("that opens five tabs at once, and logs in in each, has each tab arrive at its own page", async () => {
    const { provider, home, context, stop } = await start(sameSite);
    const pages = await Promise.all(TABS.map(() => context.newPage()));
    await Promise.all(pages.map((page, at) => page.goto(home + TABS[at])));
    const arrived: string[] = [];
    for (const [at, page] of pages.entries()) {
      const field = page.locator("input[name=login]");
      expect(await field.count(), TABS[at]).toBe(1);
      await field.fill("alice");
      await page.locator("button").click();
      await page.waitForURL(`${home}/tabs/**`);
      arrived.push(page.url().slice(home.length));
    }
    expect(arrived).toEqual(TABS);
    expect(provider.exchanges).toBe(1);
    await stop();
  });

  it("whom the provider knows has five parallel tabs arrive, and leaves one session that is logged in", async () => {
    const { provider, site, home, context, stop } = await start(sameSite);
    const first = await context.newPage();
    await first.goto(home);
    await first.locator("input[name=login]").fill("alice");
    await first.locator("button").click();
    await first.waitForURL(`${home}/`);
    await context.clearCookies({ domain: "localhost" });
    const before = (await site.moor.storedSessions()).length;
    const pages = await Promise.all(TABS.map(() => context.newPage()));
    // The first answers to cold tabs each bring a fresh token. One that came after a login would replace its token.
    provider.gathers = TABS.length;
    await Promise.all(pages.map((page, at) => page.goto(home + TABS[at])));
    expect(pages.map((page) => page.url().slice(home.length))).toEqual(TABS);
    expect(provider.gathers).toBe(0);
    expect((await site.moor.storedSessions()).length - before).toBe(1);
    expect(provider.exchanges).toBeGreaterThan(1);
    await stop();
  });
});
