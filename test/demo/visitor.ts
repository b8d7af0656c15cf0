import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { pathOf } from "../support/node/packages.ts";

/** A real browser. */
export function launchBrowser(): Promise<Browser> {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  return chromium.launch({ executablePath: pathOf("chromium") ?? "chromium", args, timeout: 120_000 });
}

/** A new visitor's page of the shop, JavaScript off. */
export async function openShop(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  return page;
}

/** Presses a button, and waits for the page that it leads to. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  const loaded = page.waitForEvent("load");
  await page.getByRole("button", { name }).click();
  await loaded;
}

/** The facts that the shop shows about the visitor. */
export async function told(page: Page) {
  const text = (id: string) => page.locator(`#${id}`).textContent();
  const [title, user, session, basket] = await Promise.all([
    page.getByRole("heading", { level: 1 }).textContent(),
    text("user"),
    text("session"),
    basketOf(page),
  ]);
  return { server: (title ?? "").replace(/^Server (.) answered$/, "$1"), user, session, basket };
}

export function basketOf(page: Page): Promise<string[]> {
  return page.locator("#basket .count").allTextContents();
}

/** The contents of the panel: the store that answered, the results of the other stores, and the facts by their ids. */
export async function panelOf(page: Page) {
  const read = async (selector: string, attribute: string, inner?: string) => {
    const pairs = (await page.locator(selector).all()).map(async (element) => {
      const text = await (inner ? element.locator(inner) : element).textContent();
      return [await element.getAttribute(attribute), text] as [string, string];
    });
    return Object.fromEntries(await Promise.all(pairs)) as Record<string, string>;
  };
  const stores = await read("[data-store]", "data-store", ".said");
  const answered = Object.keys(stores).find((store) => stores[store] === "answered");
  return { answered, stores, ...(await read("[data-fact]", "data-fact")) } as {
    answered: string | undefined;
    stores: Record<string, string>;
  } & Record<"version" | "age" | "took" | "stale" | "journaled" | "mark" | "breakers" | "written" | "origin", string>;
}
