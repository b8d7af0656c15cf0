/** @needs chromium redis-server */
import { readFile } from "node:fs/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { alive } from "../support/node/processes.ts";
import { type Demo, startDemo } from "./npm-start.ts";
import { basketOf, launchBrowser, openShop, panelOf, press, told } from "./visitor.ts";

let demo: Demo;
let browser: Browser;
/** A breaker tries again after ten seconds at most, and there are two on the way to Redis. KV caches for thirty seconds. */
const RECOVERY = { timeout: 100_000, interval: 500 };

const ROPE_AND_COMPASS = ["1 × 24 €", "1 × 19 €"];
const TAKE_OBJECTS = "Take away the Durable Objects";
const BRING_OBJECTS = "Bring back the Durable Objects";

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), demo?.interrupt()]);
});

/**
 * A store that was away is asked again within ten seconds. The first change that an object takes shows that it is asked
 * again.
 */
beforeEach(async () => {
  const order = { method: "POST", body: new URLSearchParams({ good: "rope" }), redirect: "manual" } as const;
  const explained = async () => (await fetch(`${demo.url}/basket/add`, order)).headers.get("Server-Timing");
  await expect.poll(explained, RECOVERY).toContain("written=object");
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(["objects", "redis"].map((store) => turn(store, "here")));
});

/** Turns a switch as its form does. */
function turn(store: string, state: "here" | "away"): Promise<Response> {
  const body = new URLSearchParams({ state });
  return fetch(`${demo.url}/.demo/${store}`, { method: "POST", body, redirect: "manual" });
}

/** A visitor with a rope and a compass in their basket, whose session is backed up. */
async function shopper(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openShop(browser, demo.url, options);
  await press(page, "Add Mooring rope");
  await press(page, "Add Compass");
  expect(await panelOf(page)).toMatchObject({ answered: "object", version: "2", written: "Durable Object" });
  return page;
}

/** Takes the objects away, and waits until Redis answers, which may have been away before. */
async function takeObjects(page: Page): Promise<void> {
  await press(page, TAKE_OBJECTS);
  await pollShop(page, async (page) => (await panelOf(page)).answered).toBe("redis");
}

/** The page, opened again until `look` finds the expected content in it. */
function pollShop<T>(page: Page, look: (page: Page) => Promise<T>) {
  return expect.poll(async () => {
    await page.goto(demo.url);
    return look(page);
  }, RECOVERY);
}

const hasRedisServer = async () => (await alive(await demo.processes())).some((line) => line.includes("redis-server"));

describe("with the Durable Objects away", () => {
  it("the basket is read from Redis and changed through the journal, and when they are back they take it over", async () => {
    const page = await shopper();
    await takeObjects(page);
    expect(await panelOf(page)).toMatchObject({
      version: "2",
      journaled: "no",
      mark: "no",
      stores: { object: expect.stringMatching(/^out of reach/) },
    });
    expect(await basketOf(page)).toEqual(ROPE_AND_COMPASS);

    await press(page, "Add Storm lantern");
    await press(page, "Remove Compass");
    const changed = ["1 × 24 €", "1 × 38 €"];
    expect(await basketOf(page)).toEqual(changed);
    expect(await panelOf(page)).toMatchObject({
      answered: "redis",
      version: "2",
      journaled: "yes",
      mark: "yes",
      written: "journal in Redis",
    });

    await press(page, BRING_OBJECTS);
    await pollShop(page, async (page) => (await panelOf(page)).answered).toBe("object");
    expect(await basketOf(page)).toEqual(changed);
    expect(await panelOf(page)).toMatchObject({ version: "4", journaled: "no", stale: "no" });
    await press(page, "Add Enamel mug");
    expect(await panelOf(page)).toMatchObject({ version: "5", written: "Durable Object" });
  });

  it("a login has to wait, and says so with a page that leads back; the basket stays", async () => {
    const page = await shopper();
    await takeObjects(page);
    await page.getByLabel("Your name").fill("Ada");
    await press(page, "Log in");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Sessions cannot be reached just now");
    expect(await panelOf(page)).toMatchObject({ answered: "redis", written: "refused" });
    await page.getByRole("link", { name: "Back to the shop" }).click();
    expect(await told(page)).toMatchObject({ user: "nobody", basket: ROPE_AND_COMPASS });

    await press(page, BRING_OBJECTS);
    await pollShop(page, async (page) => (await panelOf(page)).breakers).toBe("all closed");
    await page.getByLabel("Your name").fill("Ada");
    await press(page, "Log in");
    expect(await told(page)).toMatchObject({ user: "Ada", basket: ROPE_AND_COMPASS });
  });

  it("a visitor who comes first then founds their session in the journal, and keeps it", async () => {
    await takeObjects(await shopper());
    const page = await openShop(browser, demo.url);
    await press(page, "Add Compass");
    expect(await panelOf(page)).toMatchObject({ answered: "redis", version: "0", written: "journal in Redis" });
    await press(page, BRING_OBJECTS);
    await pollShop(page, async (page) => (await panelOf(page)).answered).toBe("object");
    expect(await basketOf(page)).toEqual(["1 × 19 €"]);
  });

  it("the switch shows it after a reload, and to every visitor", async () => {
    const page = await openShop(browser, demo.url);
    await press(page, TAKE_OBJECTS);
    await page.reload();
    const other = await openShop(browser, demo.url);
    for (const shown of [page, other]) {
      expect(await shown.getByRole("button", { name: BRING_OBJECTS }).count()).toBe(1);
      expect(await shown.locator(".expect").textContent()).toContain("Logging in has to wait (503)");
      expect(await shown.locator(".lab-bar").textContent()).toContain("objects away");
    }
  });
});

describe("with Redis away", () => {
  it("its process is gone, and the shop goes on; then it is back", async () => {
    const page = await shopper();
    expect(await hasRedisServer()).toBe(true);
    await press(page, "Kill redis-server");
    expect(await hasRedisServer()).toBe(false);
    await press(page, "Add Storm lantern");
    expect(await basketOf(page)).toEqual(["1 × 24 €", "1 × 38 €", "1 × 19 €"]);
    expect(await panelOf(page)).toMatchObject({ answered: "object", version: "3", written: "Durable Object" });
    await press(page, "Start redis-server");
    expect(await hasRedisServer()).toBe(true);
    await demo.shows(/^Redis +killed\nRedis +unix:\S+, started again with what it had$/m);
  });
});

describe("with both away", () => {
  it("the remaining copy is shown as stale, a change is refused with a page, and the journal outlives it all", async () => {
    const page = await shopper();
    await takeObjects(page);
    await press(page, "Add Storm lantern");
    await press(page, "Kill redis-server");
    expect(await panelOf(page)).toMatchObject({ answered: "memory", stale: "yes", journaled: "no" });
    expect(await basketOf(page)).toEqual(ROPE_AND_COMPASS);

    await press(page, "Add Enamel mug");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Sessions cannot be reached just now");
    expect(await panelOf(page)).toMatchObject({
      written: "refused",
      stores: { redis: expect.stringMatching(/^out of reach/) },
    });

    await press(page, "Start redis-server");
    const kept = ["1 × 24 €", "1 × 38 €", "1 × 19 €"];
    await pollShop(page, basketOf).toEqual(kept);
    expect(await panelOf(page)).toMatchObject({ answered: "redis", journaled: "yes" });
    await press(page, BRING_OBJECTS);
    await pollShop(page, async (page) => (await panelOf(page)).answered).toBe("object");
    expect(await basketOf(page)).toEqual(kept);
    expect(await panelOf(page)).toMatchObject({ version: "3", journaled: "no" });
  });

  it("where nothing is left a page is a 503 that says why, never an empty basket", async () => {
    const page = await shopper();
    await press(page, TAKE_OBJECTS);
    await press(page, "Kill redis-server");
    await press(page, "Tokyo");
    const response = await page.goto(demo.url);
    expect(response?.status()).toBe(503);
    expect(response?.headers()).toMatchObject({ "retry-after": "2", "cache-control": "no-store" });
    expect(response?.headers()["server-timing"]).toMatch(
      /session=unavailable; .*passed=memory:miss,object:unavailable,redis:unavailable; /,
    );
    expect(await panelOf(page)).toMatchObject({ answered: undefined, origin: "Moor itself" });
    expect(await page.locator(".outcome").textContent()).toContain("instead of showing you an empty basket");

    await press(page, BRING_OBJECTS);
    await pollShop(page, basketOf).toEqual(ROPE_AND_COMPASS);
  });
});

describe("a visitor who travels", () => {
  it("has their session everywhere, as far from them as it lives", async () => {
    const page = await shopper();
    // A busy machine may be slow once. A request that crossed the ocean would be slow each time.
    await pollShop(page, async (page) => Number.parseInt((await panelOf(page)).took, 10)).toBeLessThan(196);
    await press(page, "São Paulo");
    expect(await basketOf(page)).toEqual(ROPE_AND_COMPASS);
    const away = await panelOf(page);
    expect(away).toMatchObject({ answered: "object", stores: { memory: "has nothing of your session" } });
    expect(Number.parseInt(away.took, 10)).toBeGreaterThanOrEqual(196);
    expect(await page.locator(".outcome").textContent()).toContain("in Berlin answered");
    await page.reload();
    expect(await page.locator("#travel").textContent()).toContain("You are in São Paulo.");
  });

  it("finds their replica in KV, even with both stores away", async () => {
    const page = await shopper();
    await press(page, "São Paulo");
    await page.reload();
    await press(page, TAKE_OBJECTS);
    await press(page, "Kill redis-server");
    await press(page, "Tokyo");
    await pollShop(page, async (page) => (await panelOf(page)).answered).toBe("kv");
    expect(await basketOf(page)).toEqual(ROPE_AND_COMPASS);
    expect(await panelOf(page)).toMatchObject({ stale: "yes" });
  });
});

describe.each<[string, BrowserContextOptions]>([
  ["a desk", { viewport: { width: 1280, height: 800 } }],
  ["a phone, in the dark", { viewport: { width: 360, height: 740 }, isMobile: true, colorScheme: "dark" }],
])("the panel on %s", (_where, options) => {
  it("fits the screen, on the shop's page and on Moor's own", async () => {
    const page = await shopper(options);
    const width = () => page.evaluate<number>("document.documentElement.scrollWidth");
    expect(await width()).toBeLessThanOrEqual(options.viewport?.width ?? 0);
    await press(page, TAKE_OBJECTS);
    await press(page, "Kill redis-server");
    await press(page, "Add Compass");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Sessions cannot be reached just now");
    expect(await width()).toBeLessThanOrEqual(options.viewport?.width ?? 0);
  });
});

describe("the switches", () => {
  it("are no part of the Worker that is deployed", async () => {
    const worker = await readFile(inject("workerFile"), "utf8");
    expect(worker).toContain("/.moor/");
    expect(worker).not.toMatch(/\.demo|demo-location|DEMO_/);
  });

  it("answer a form and nothing else", async () => {
    expect((await turn("objects", "here")).status).toBe(303);
    expect((await turn("nothing", "away")).status).toBe(404);
    const looked = await fetch(`${demo.url}/.demo/objects`);
    expect([looked.status, await looked.text()]).toEqual([404, expect.stringContaining("There is nothing here")]);
  });
});
