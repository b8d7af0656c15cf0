import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { startIdentityProvider } from "../../support/node/identity-provider.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { pathOf } from "../../support/node/packages.ts";
import { originConfig, type SiteOrigin, startSite } from "../../support/node/site.ts";

/** Starts a closed site at localhost, whose pages say who is logged in, and its provider at 127.0.0.1, which is another site. */
export async function startBrowserSite() {
  const [origin, provider] = await Promise.all([startLocalOrigin("a"), startIdentityProvider({ redirectUris: [] })]);
  /** The requests that the server has received: path, and the purpose if a browser fetches ahead. */
  const received: string[] = [];
  origin.answers(({ url = "", headers }, response) => {
    received.push([url, headers["sec-purpose"]].filter(Boolean).join(" "));
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    if (url.startsWith("/orders/cached")) response.setHeader("Cache-Control", "private, max-age=600");
    response.end(pageOf(url, visitorIn(headers["moor-session"])));
  });
  const server: SiteOrigin = origin;
  const site = await startSite([server], {
    pools: [{ id: "shop", origins: [originConfig(server)] }],
    around: { loginSecret: provider.clientSecret },
    login: { issuer: provider.issuer, clientId: provider.clientId, hosts: ["localhost"] },
    log: { requests: "all", path: true },
    require: "login",
    routes: [
      { path: "/public/*", pool: "shop", require: "none" },
      { path: "/*", pool: "shop" },
    ],
  });
  const home = `http://localhost:${site.moor.port}`;
  provider.redirectUris = [`${home}/.moor/login/callback`];

  return {
    provider,
    home,
    received,
    /** How often Moor has answered a path with a status, by its log. */
    answered: (path: string, status: number) =>
      site.moor.logged.filter((line) => line.includes(`"path":"${path}"`) && line.includes(`"status":${status}`))
        .length,
    /** Opens a page in a browser, and logs in at the provider's form. */
    async logIn(context: BrowserContext, account: string, path = "/orders/1"): Promise<Page> {
      const page = await context.newPage();
      await page.goto(home + path);
      await fillIn(page, account);
      await page.waitForURL(home + path);
      return page;
    },
    async stop() {
      await site.stop();
      await Promise.all([provider.stop(), origin.stop()]);
    },
  };
}

/** Logs in at the form of the provider, which a page shows. */
export async function fillIn(page: Page, account: string): Promise<void> {
  await page.locator("input[name=login]").fill(account);
  await page.locator("button").click();
}

/** The visitor whom a page names. */
export const shownOn = (page: Page) => page.locator("h1").innerText();

/** Goes back through the history of a page. Returns the texts of the pages on the way. */
export async function textsBehind(page: Page): Promise<string[]> {
  const texts: string[] = [];
  const length = Number(await page.evaluate("history.length"));
  for (let steps = 1; steps < length; steps++) {
    const document = await page.evaluate("performance.timeOrigin");
    // A page that the browser has kept alive shows again without any load that `goBack` could wait for.
    await page.evaluate("void setTimeout(() => history.back())");
    await expect.poll(() => page.evaluate("performance.timeOrigin").catch(() => document)).not.toBe(document);
    await expect.poll(() => page.evaluate("document.readyState").catch(() => "loading")).toBe("complete");
    texts.push(await page.locator("body").innerText());
  }
  return texts;
}

/** A browser that keeps pages alive for Back, as browsers of visitors do. */
export function launchWithBackCache(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf("chromium") ?? "chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

function visitorIn(handoff: string | string[] | undefined): string {
  const [, payload] = String(handoff ?? "").split(".");
  const claims = payload === undefined ? {} : JSON.parse(Buffer.from(payload, "base64url").toString());
  return (claims as { sub?: string }).sub ?? "nobody";
}

/** A page that names its visitor, logs out by a form, and fetches ahead if its path says so. */
function pageOf(url: string, visitor: string): string {
  const rules = JSON.stringify({ prerender: [{ urls: ["/orders/ahead"], eagerness: "immediate" }] });
  return `<!doctype html><title>${url}</title>
${url === "/public/prefetch" ? '<link rel="prefetch" href="/orders/ahead">' : ""}
${url === "/public/prerender" ? `<script type="speculationrules">${rules}</script>` : ""}
<h1>${visitor}</h1><a href="/orders/ahead">ahead</a>
<form method="post" action="/.moor/logout?to=/public/bye"><button>Log out</button></form>`;
}
