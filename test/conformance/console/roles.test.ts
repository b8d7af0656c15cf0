/** @needs chromium */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { type ConsolePage, posted } from "../../support/node/console.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startThreeWays } from "./three-ways.ts";

const [browser, ...origins] = await Promise.all([launchBrowser(), startOrigin("a"), startOrigin("b")]);
const ways = await startThreeWays(origins, { principals: {} });
const { site, admin, standing } = ways.pool;
afterAll(async () => {
  await browser.close();
  await ways.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const CONSOLE = `http://localhost:${site.moor.port}/.moor/console`;
async function logIn(account: string): Promise<ConsolePage> {
  const console = await ways.logIn(browser, account);
  onTestFinished(() => console.close());
  return console;
}

describe("a visitor who logs in at the provider", () => {
  it("looks and acts with the role of operators, and the audit has their name", async () => {
    const { page, open, text } = await logIn("ops");
    expect(page.url()).toBe(CONSOLE);
    expect(await page.locator("header").innerText()).toContain("login:ops, may act");
    await open("/pools/shop/origins/b/drain");
    await page.getByRole("button", { name: "Drain b" }).click();
    expect(await text()).toContain("Drain of shop/b: done");
    const { entries } = JSON.parse((await admin.ask("/audit")).text) as { entries: object[] };
    expect(entries[0]).toMatchObject({ who: "login:ops", from: "console", action: "drain" });
  });

  it("looks, and does not act, with the role of viewers", async () => {
    const { page, open, text } = await logIn("support");
    expect(await page.locator("header").innerText()).toContain("login:support, may only look");
    await open("/pools/shop/origins/a/eject");
    expect(await text()).toContain("You may look, and not act");
    const form = (await page.locator("header input[name=form]").getAttribute("value")) ?? "";
    expect((await posted(page, { form, version: "1", typed: "a" })).status).toBe(404);
    expect((await standing("a")).state).toBe("open");
  });

  it("gets the 404 of an unknown path without a role, and learns why at the page of the login", async () => {
    const { open, text, page } = await logIn("customer");
    for (const path of ["", "/pools", "/configuration"]) expect(await open(path)).toBe(404);
    await open("/login");
    expect(await text()).toContain("login:customer is logged in, and has no role at this console.");
    expect(await page.getByRole("link", { name: "with another account" }).count()).toBe(1);
  });

  it("is out at once when an operator ends their session, and when they log out", async () => {
    const [first, second] = [await logIn("ops"), await logIn("ops")];
    await first.open("/sessions?of=ops");
    expect((await admin.endAll("ops")).status).toBe(200);
    expect(await first.open()).toBe(404);
    expect(await second.open()).toBe(404);
    const third = await logIn("ops");
    await third.page.getByRole("button", { name: "Log out" }).click();
    await third.page.waitForURL((url) => !url.pathname.endsWith("/console"));
    expect(await third.open()).toBe(404);
  });
});
