/** @needs chromium */
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import type { Told } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const [origin, other, browser] = await Promise.all([startOrigin("a"), startLocalOrigin("other"), launchBrowser()]);
const routes = [
  { path: "/callback/*", pool: "shop", crossSite: "repost" as const },
  { path: "/allowed/*", pool: "shop", crossSite: "allow" as const },
  { path: "/*", pool: "shop" },
];
const [shop, strict] = await Promise.all([
  startSite([origin], { routes }),
  startSite([origin], { carriers: [{ type: "cookie", sameSite: "strict" }] }),
]);
afterAll(async () => {
  await browser.close();
  await Promise.all([shop.stop(), strict.stop(), other.stop()]);
  await origin.kill();
});

const base = (site: typeof shop, host = "localhost") => `http://${host}:${site.moor.port}`;
const at = base(shop);
/** The pages of a site that browsers take for another site: `127.0.0.1` instead of `localhost`. */
const pages = new Map<string, string>();
other.answers((request, response) => {
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(pages.get(request.url ?? "") ?? "another site");
});

async function visitor(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

/** The request that the origin of the shown page has received, by its own words. */
async function told(page: Page): Promise<Told> {
  return JSON.parse((await page.locator("body").textContent()) ?? "") as Told;
}

/** A visitor of the shop who is logged in and has ordered a ring. */
async function alice(site = shop, options?: BrowserContextOptions): Promise<Page> {
  const page = await visitor(options);
  await page.goto(`${base(site)}/?login=alice&set=basket:ring`);
  await page.goto(`${base(site)}/`);
  expect((await told(page)).session).toMatchObject({ sub: "alice", data: { basket: "ring" } });
  return page;
}

const field = (name: string, value: string) => `<input type="hidden" name="${name}" value="${value}">`;

/** Shows a page of the other site, which posts a form, and waits for the next page. */
async function lure(page: Page, action: string, fields: string, { host = "127.0.0.1", target = "" } = {}) {
  pages.set("/lure", `<form method="post" action="${action}" ${target}>${fields}<button>Win</button></form>`);
  await page.goto(`http://${host}:${other.port}/lure`);
  const answered = page.waitForResponse((response) => response.url().startsWith(action.split("?")[0] ?? ""));
  await page.getByRole("button", { name: "Win" }).click();
  const response = await answered;
  await page.waitForLoadState();
  return response;
}

describe("a page of another site that has a visitor post a form", () => {
  it.each([
    ["to what changes a session", "/?set=cart:apple"],
    ["to a login", "/?login=mallory"],
    ["to both", "/?login=mallory&set=basket:worm"],
  ])("%s is refused, and takes no session away", async (_what, path) => {
    const page = await alice();
    const { sid } = (await told(page)).session;
    expect((await lure(page, at + path, field("a", "1"))).status()).toBe(403);
    await page.goto(at);
    expect((await told(page)).session).toMatchObject({ sid, sub: "alice", data: { basket: "ring" } });
  });

  it("gives no session to a visitor who has no session", async () => {
    const page = await visitor();
    expect((await lure(page, `${at}/?login=mallory`, "")).status()).toBe(403);
    expect(await page.context().cookies()).toEqual([]);
  });

  it("has its answer where nothing changes, and takes no session away by it", async () => {
    const page = await alice();
    expect((await lure(page, at, field("paid", "1"))).status()).toBe(200);
    expect(await told(page)).toMatchObject({ body: "paid=1", session: { new: true } });
    await page.goto(at);
    expect((await told(page)).session.sub).toBe("alice");
  });

  it("starts a session where the route allows it", async () => {
    const page = await visitor();
    await lure(page, `${at}/allowed/?login=bob`, "");
    await page.goto(at);
    expect((await told(page)).session.sub).toBe("bob");
  });

  it("takes no session away by an image, whose cookies the browser does not keep", async () => {
    const page = await alice();
    pages.set("/image", `<img src="${at}/?set=seen:1">`);
    await page.goto(`http://127.0.0.1:${other.port}/image`, { waitUntil: "load" });
    await page.goto(at);
    expect((await told(page)).session.sub).toBe("alice");
  });

  it("from a sibling host is of the same site: the browser sends the cookie, and a session may start", async () => {
    const page = await visitor();
    const api = base(shop, "api.shop.localhost");
    await lure(page, `${api}/?set=cart:apple`, "", { host: "app.shop.localhost" });
    expect((await told(page)).headers["sec-fetch-site"]).toBe("same-site");
    await lure(page, `${api}/`, "", { host: "app.shop.localhost" });
    expect((await told(page)).session.data).toEqual({ cart: "apple" });
  });
});

describe("a link of another site", () => {
  const follow = async (page: Page, href: string) => {
    pages.set("/mail", `<a href="${href}">read more</a>`);
    await page.goto(`http://127.0.0.1:${other.port}/mail`);
    await page.getByText("read more").click();
    await page.waitForURL(href);
    return (await told(page)).session;
  };

  it("shows a visitor their session with SameSite=Lax", async () => {
    expect((await follow(await alice(), `${at}/`)).sub).toBe("alice");
  });

  it("shows an anonymous page with SameSite=Strict, and leaves the session to the pages after it", async () => {
    const page = await alice(strict);
    expect(await follow(page, `${base(strict)}/`)).toMatchObject({ new: true });
    await page.evaluate("location.assign('/next')");
    await page.waitForURL("**/next");
    expect((await told(page)).session).toMatchObject({ sub: "alice", data: { basket: "ring" } });
  });
});

describe("a form that another site posts to a callback", () => {
  /** Fields that must arrive unchanged, in spite of their markup. `submit` hides the form's own method from scripts. */
  const FIELDS = {
    state: "a&b=c",
    SAMLResponse: "PHg+Cg==\r\nPHk+",
    submit: "",
    quoted: `"><script>document.title = "broken out"</script>'`,
    name: "Zoë 🧺",
    "a[]": " x ",
  };
  const fields = Object.entries(FIELDS)
    .map(([name, value]) => {
      const escaped = value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("\r\n", "&#13;&#10;");
      return `<input type="hidden" name="${name}" value="${escaped}">`;
    })
    .join("");
  const callback = `${at}/callback/?a=%20b&c`;
  const button = (page: Page) => page.getByRole("button", { name: "Continue" });

  async function shown(page: Page): Promise<Told> {
    await expect.poll(() => page.locator("body").textContent()).toContain('"server"');
    return told(page);
  }

  it.each([
    ["by itself", true],
    ["by its button, without scripts", false],
  ])("is posted again from the site %s, so that the callback sees the visitor's session", async (_how, scripts) => {
    const page = await alice(shop, { javaScriptEnabled: scripts });
    await lure(page, callback, fields);
    if (!scripts) await button(page).click();
    const answer = await shown(page);
    expect(Object.fromEntries(new URLSearchParams(answer.body))).toEqual(FIELDS);
    expect(answer).toMatchObject({ method: "POST", url: "/callback/?a=%20b&c" });
    expect(answer.session).toMatchObject({ sub: "alice", data: { basket: "ring" } });
    expect([answer.headers["sec-fetch-site"], answer.headers.origin]).toEqual(["same-origin", at]);
  });

  it("may start a session for a visitor who has none", async () => {
    const page = await visitor();
    await lure(page, `${at}/callback/?login=bob`, fields);
    expect((await shown(page)).session).toMatchObject({ new: true });
    await page.goto(at);
    expect((await told(page)).session.sub).toBe("bob");
  });

  it("may be answered by a redirect to another site", async () => {
    const page = await visitor();
    const landed = `http://127.0.0.1:${other.port}/landed`;
    await lure(page, `${at}/callback/?status=303&header=Location:${landed}`, fields);
    await page.waitForURL(landed);
  });

  it("is never posted over and over: a page without an origin of its own waits for its button", async () => {
    const page = await visitor();
    let posts = 0;
    page.context().on("request", (request) => {
      if (request.url().startsWith(`${at}/callback/`)) posts++;
    });
    const form = `<form method=post action='${at}/callback/' target=_blank>${field("a", "1").replaceAll('"', "")}<button>Go</button></form>`;
    pages.set("/frame", `<iframe sandbox="allow-forms allow-scripts allow-popups" srcdoc="${form}"></iframe>`);
    await page.goto(`http://127.0.0.1:${other.port}/frame`);
    const opened = page.waitForEvent("popup");
    await page.frameLocator("iframe").getByRole("button").click();
    const popup = await opened;
    await button(popup).waitFor();
    await popup.waitForLoadState("networkidle");
    expect(posts).toBe(1);
    await button(popup).click();
    await expect.poll(() => posts).toBe(2);
    await popup.waitForLoadState("networkidle");
    expect(posts).toBe(2);
  });
});
