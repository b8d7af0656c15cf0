import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { ADMIN_TOKEN } from "./admin.ts";
import type { Site } from "./site.ts";

/** The token of the tests' operators who only look. */
export const VIEWER_TOKEN = "a-viewer-token-of-the-tests-that-is-long-enough";

/** The console of a site, as an operator uses it in a browser on the same machine. */
export interface ConsolePage {
  readonly page: Page;
  /** Opens a page of the console: `/pools`. */
  open(path?: string): Promise<number>;
  /** The text of the content, without the navigation. */
  text(): Promise<string>;
  close(): Promise<void>;
}

/** The console of a site in a context of a browser. Nobody has logged in yet. */
export async function consoleIn(context: BrowserContext, { moor }: Pick<Site, "moor">): Promise<ConsolePage> {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const base = `http://localhost:${moor.port}/.moor/console`;
  return {
    page,
    open: async (path = "") => (await page.goto(base + path))?.status() ?? 0,
    text: async () => (await page.locator("main").innerText()).replace(/\s+/g, " "),
    close: () => context.close(),
  };
}

/** Opens a browser at the console, and logs in by token. */
export async function openConsole(
  browser: Browser,
  site: Pick<Site, "moor">,
  { token = ADMIN_TOKEN, ...options }: BrowserContextOptions & { token?: string } = {},
): Promise<ConsolePage> {
  const console = await consoleIn(await browser.newContext(options), site);
  const { page, open } = console;
  await open("/login");
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(/\/\.moor\/console$/);
  return console;
}

/** Has a script of the shown page post a form to the page's own address, or to another. */
export async function posted(
  page: Page,
  fields: Readonly<Record<string, string>>,
  to = page.url(),
): Promise<{ status: number; text: string }> {
  const call = async ([url, body]: readonly [string, string]) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const response = await fetch(url, { method: "POST", body, headers, credentials: "include" });
    return { status: response.status, text: await response.text() };
  };
  return page.evaluate(call, [to, new URLSearchParams(fields).toString()] as const);
}
