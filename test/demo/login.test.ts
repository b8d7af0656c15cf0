/** @needs chromium */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { alive } from "../support/node/processes.ts";
import { type Demo, startDemo } from "./npm-start.ts";
import { basketOf, launchBrowser, openShop, press, told } from "./visitor.ts";

let demo: Demo;
let browser: Browser;
let provider: string;
/** A visitor who logs in before all tests, so that the provider confirms their login while the tests run. */
let early: Page;

/** The provider confirms a login each minute. */
const RENEWAL = { timeout: 120_000, interval: 2_000 };

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
  provider = (await demo.shows(/^Provider +(http:\S+)$/m))[1] as string;
  early = await openShop(browser, demo.url);
  await logIn(early, "Bob Brown");
});

afterAll(async () => {
  await Promise.all([browser?.close(), demo?.interrupt()]);
});

const opened: BrowserContext[] = [];

afterEach(async () => {
  await turn("here");
  await Promise.all(opened.splice(0).map((context) => context.close()));
});

async function visitor(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openShop(browser, demo.url, options);
  opened.push(page.context());
  return page;
}

/** Follows the panel's link to the guarded page, and chooses an account at the provider. */
async function logIn(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Open your orders" }).click();
  await page.waitForURL(`${provider}/interaction/*`);
  await press(page, `Log in as ${name}`);
}

/** Turns the provider's switch as its form does. */
function turn(state: "here" | "away"): Promise<Response> {
  const body = new URLSearchParams({ state });
  return fetch(`${demo.url}/.demo/provider`, { method: "POST", body, redirect: "manual" });
}

/** Opens a page as a browser without a cookie does. `fetch` would say that a script asks. */
async function navigation(path: string): Promise<IncomingMessage> {
  const asked = get(new URL(path, demo.url), { headers: { Accept: "text/html" } });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  return response;
}

/** Asks as a script does, and follows no redirect. */
const asked = (path: string, init: RequestInit) => fetch(demo.url + path, { ...init, redirect: "manual" });
const hasProvider = async () => (await alive(await demo.processes())).some((line) => line.includes("/provider.ts"));
const headingOf = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();
const stepOf = (page: Page, id: string) => page.locator(`[data-step=${id}]`).textContent();
const claimOf = (page: Page, name: string) => page.locator(`[data-claim="${name}"]`).textContent();

describe.each<[string, BrowserContextOptions]>([
  ["a desk", { viewport: { width: 1280, height: 800 } }],
  ["a phone, in the dark", { viewport: { width: 360, height: 740 }, isMobile: true, colorScheme: "dark" }],
])("a login at the provider on %s, with JavaScript off", (_where, options) => {
  it("leads back to the guarded page with the basket, and the page tells each step", async () => {
    const page = await visitor(options);
    await press(page, "Add Mooring rope");
    await page.getByRole("link", { name: "Open your orders" }).click();
    await page.waitForURL(`${provider}/interaction/*`);
    expect(await page.locator("main").textContent()).toContain("it is the demonstration’s provider");
    await press(page, "Log in as Alice Adams");

    expect(page.url()).toBe(`${demo.url}/account`);
    expect(await headingOf(page)).toBe("Your orders, Alice Adams");
    expect(await claimOf(page, "principal")).toBe("alice");
    expect(await claimOf(page, "issuer")).toBe(provider);
    expect(await claimOf(page, "roles")).toBe("crew");
    expect(await claimOf(page, "authAt")).toMatch(/^\d\d:\d\d:\d\d UTC$/);
    expect(await claimOf(page, "claims.email")).toBe("alice@example.com");
    expect(await claimOf(page, "claims.groups")).toBe("customers, crew");

    expect(await stepOf(page, "redirect")).toMatch(/^You asked for \/account.*a redirect \(302\) to http/);
    expect(await stepOf(page, "state")).toMatch(/It has \d{3} characters.*The answer set no cookie at all\./);
    expect(await stepOf(page, "exchange")).toMatch(/learned that you are alice.*led you to \/account/);
    expect(await stepOf(page, "renewal")).toMatch(
      /\d+ s ago, at the login.*The first page that you open \d+ s from now/,
    );

    await press(page, "Order your basket: 1 piece");
    expect(await page.locator("#orders").textContent()).toContain("1 × Mooring rope: 24 €");
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 0);
  });
});

describe("the state of a login", () => {
  it("is in the address alone: the redirect of a new visitor sets the cookie of the session and no other", async () => {
    const { statusCode, headers } = await navigation("/account");
    expect(statusCode).toBe(302);
    const address = new URL(headers.location ?? "");
    expect(address.origin).toBe(provider);
    const state = address.searchParams.get("state") ?? "";
    expect(state.length).toBeGreaterThan(100);
    const cookies = headers["set-cookie"] ?? [];
    expect(cookies.join()).not.toContain(state.slice(0, 20));
    expect(cookies.map((line) => line.split("=", 1)[0])).toEqual(["moor"]);
  });
});

describe("the guarded pages", () => {
  it("redirect neither a script nor a form, and the open pages ask nobody", async () => {
    const script = await asked("/account", { headers: { Accept: "application/json" } });
    expect([script.status, script.headers.get("WWW-Authenticate")]).toEqual([401, 'Moor login="/.moor/login"']);
    expect((await asked("/account/orders", { method: "POST", headers: { Accept: "text/html" } })).status).toBe(401);
    expect((await asked("/", { headers: { Accept: "text/html" } })).status).toBe(200);
  });

  it("do not believe a name that was typed into the shop, not even that of an account", async () => {
    const page = await visitor();
    await page.getByLabel("Your name").fill("alice");
    await press(page, "Log in");
    expect((await told(page)).user).toBe("alice");
    await page.goto(`${demo.url}/account`);
    expect(new URL(page.url()).origin).toBe(provider);
  });

  it("stay closed to a visitor who cancels at the provider, with a way back", async () => {
    const page = await visitor();
    await page.goto(`${demo.url}/account`);
    await press(page, "Cancel");
    expect(await headingOf(page)).toBe("Your provider did not log you in");
    await page.getByRole("link", { name: "Back to the shop" }).click();
    expect((await told(page)).user).toBe("nobody");
  });
});

describe("a visitor who is logged in", () => {
  it("stays logged in when the server that answers is stopped", async () => {
    const page = await visitor();
    await logIn(page, "Alice Adams");
    await page.goto(demo.url);
    const before = await told(page);
    await press(page, "Stop this server");
    await page.goto(`${demo.url}/account`);
    expect(await headingOf(page)).toBe("Your orders, Alice Adams");
    await page.goto(demo.url);
    const after = await told(page);
    expect(after).toEqual({ ...before, server: expect.not.stringMatching(before.server) });
    await press(page, `Start server ${before.server}`);
  });

  it("stays logged in while the provider is dead; nobody else logs in, and the shop stays open", async () => {
    const page = await visitor();
    await logIn(page, "Alice Adams");
    await press(page, "Kill the provider");
    expect(await hasProvider()).toBe(false);
    expect(page.url()).toBe(`${demo.url}/account#provider`);
    expect(await page.locator("#provider .advice").textContent()).toContain("you are still logged in");
    await page.goto(`${demo.url}/account`);
    expect(await headingOf(page)).toBe("Your orders, Alice Adams");

    const other = await visitor();
    await press(other, "Add Compass");
    expect(await basketOf(other)).toEqual(["1 × 19 €"]);
    expect(await other.locator(".lab-bar").textContent()).toContain("provider away");
    await expect(other.goto(`${demo.url}/account`)).rejects.toThrow("ERR_CONNECTION_REFUSED");

    await press(page, "Start the provider");
    expect(await hasProvider()).toBe(true);
    await demo.shows(/^Provider +killed$.*^Provider +http:\S+, started again with what it had$/ms);
  });

  it("is known to the provider after it was killed: its database has outlived the process", async () => {
    const page = await visitor();
    await logIn(page, "Alice Adams");
    await turn("away");
    await turn("here");
    await press(page, /^Log out here$/);
    expect((await told(page)).user).toBe("nobody");
    await page.getByRole("link", { name: "Open your orders" }).click();
    await page.waitForURL(`${demo.url}/account`);
    expect(await headingOf(page)).toBe("Your orders, Alice Adams");
  });

  it("logs in as somebody else, though the provider knows the first account", async () => {
    // A script of oidc-provider ends the first account's session there.
    const page = await visitor({ javaScriptEnabled: true });
    await logIn(page, "Alice Adams");
    await page.getByRole("link", { name: "Log in as somebody else" }).click();
    await page.waitForURL(`${provider}/interaction/*`);
    await page.getByRole("button", { name: "Log in as Bob Brown" }).click();
    await page.waitForURL(`${demo.url}/account`);
    expect(await headingOf(page)).toBe("Your orders, Bob Brown");
    expect(await stepOf(page, "redirect")).toContain("You followed a link to log in");
  });

  it("is logged out here and at the provider by one button, and is asked again then", async () => {
    const page = await visitor();
    await logIn(page, "Alice Adams");
    await press(page, "Log out here and at the provider");
    expect(await headingOf(page)).toBe("Log out here, too?");
    await press(page, "Yes, log me out here");
    expect(page.url()).toBe(`${demo.url}/`);
    expect((await told(page)).user).toBe("nobody");
    await page.getByRole("link", { name: "Open your orders" }).click();
    await page.waitForURL(`${provider}/interaction/*`);
  });

  it("is confirmed by the provider after a minute, and the page counts it", async () => {
    const renewal = async () => {
      await early.goto(`${demo.url}/account`);
      return stepOf(early, "renewal");
    };
    await expect.poll(renewal, RENEWAL).toContain("the 1st time since the login");
    expect(await headingOf(early)).toBe("Your orders, Bob Brown");
    expect(await claimOf(early, "roles")).toBe("none");
  });
});
