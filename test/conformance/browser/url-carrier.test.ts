/** @needs chromium */
import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const [origin, other, browser] = await Promise.all([startLocalOrigin("a"), startLocalOrigin("other"), launchBrowser()]);
/** All requests that another site has received, with their headers and bodies. */
const told: string[] = [];
other.answers(async (request, response) => {
  const line = `${request.method} ${request.url} ${request.rawHeaders.join(" ")}`;
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  told.push(`${line} ${body}`);
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.end("another site");
});
const elsewhere = other.url;
const site = await startSite([origin], { carriers: [{ type: "url" }] });
afterAll(async () => {
  await browser.close();
  await site.stop();
  await origin.stop();
  await other.stop();
});

const FORM = '<form id="f" action="/search"><input name="q" value="1"></form>';
const go = (attributes: string) => `<a id="go" ${attributes}>go</a>`;

/** The contents of a page. The visitor presses `#go` on it. */
interface Channel {
  readonly body: string;
  readonly headers?: Record<string, string>;
  /** Whether the other site receives a request at all. Default: `true`. */
  readonly isAsked?: boolean;
}

const CHANNELS: Record<string, Channel> = {
  "a link": { body: go(`href="${elsewhere}/link"`) },
  "a link with a policy of its own": { body: go(`href="${elsewhere}/link" referrerpolicy="unsafe-url"`) },
  "a link of SVG": {
    body: `<svg width="99" height="99"><a id="go" href="${elsewhere}/svg" referrerpolicy="unsafe-url"><rect width="99" height="99"/></a></svg>`,
  },
  "a link in a new tab": {
    body: go(`href="${elsewhere}/tab" target="_blank" rel="opener" referrerpolicy="unsafe-url"`),
  },
  "a ping": { body: go(`href="/next" ping="${elsewhere}/ping"`), isAsked: false },
  "a source of attribution": { body: go(`href="/next" attributionsrc="${elsewhere}/attribution"`), isAsked: false },
  "an image": { body: `<img src="${elsewhere}/image" referrerpolicy="unsafe-url">` },
  "an image of SVG": {
    body: `<svg><image href="${elsewhere}/image" referrerpolicy="unsafe-url" crossorigin="anonymous"/></svg>`,
  },
  "a map in a frame, as it is embedded by its vendor's snippet": {
    body: `<iframe src="${elsewhere}/maps/embed?pb=1" width="600" height="450" style="border:0;" allowfullscreen="" referrerpolicy="no-referrer-when-downgrade"></iframe>`,
  },
  "a document in an attribute": {
    body: `<iframe srcdoc='<meta name="referrer" content="unsafe-url"><img src="${elsewhere}/a" referrerpolicy="unsafe-url"><img src="${elsewhere}/b">'></iframe>`,
  },
  "a policy of the page's own": {
    body: `<meta name="referrer" content="unsafe-url"><img src="${elsewhere}/image">${go(`href="${elsewhere}/meta"`)}`,
  },
  "a policy of the page's own, in characters that stand for others": {
    body: `<meta name="&#82;EFERRER" content="unsafe-url"><img src="${elsewhere}/image">`,
  },
  "a refresh": { body: `<meta http-equiv="refresh" content="0;url=${elsewhere}/refresh">` },
  "a script": { body: `<script src="${elsewhere}/script" referrerpolicy="unsafe-url"></script>` },
  "a style": { body: `<link rel="stylesheet" href="${elsewhere}/style" referrerpolicy="unsafe-url">` },
  "a page that is fetched ahead": {
    body: `<link rel="prefetch" href="${elsewhere}/ahead" referrerpolicy="unsafe-url">`,
  },
  "an image that is fetched ahead, by a header": {
    body: "",
    headers: { Link: `<${elsewhere}/ahead>; rel=preload; as=image; referrerpolicy=unsafe-url` },
  },
  "a report of what the page may not do": {
    body: '<img src="/not-allowed">',
    headers: { "Content-Security-Policy": `img-src 'none'; report-uri ${elsewhere}/report` },
    isAsked: false,
  },
  "a form": { body: `<form action="${elsewhere}/form"><input name="q"><button id="go">go</button></form>` },
  "a form that is posted": {
    body: `<form method="post" action="${elsewhere}/form"><input name="q"><button id="go">go</button></form>`,
  },
  "a form with another within": {
    body: `<form action="${elsewhere}/form"><form action="/search"><input name="q"><button id="go">go</button></form></form>`,
  },
  "a form that a late base element leads away": {
    body: `<form action="/search"><input name="q"><button id="go">go</button></form><base href="${elsewhere}/">`,
    isAsked: false,
  },
  "a form whose address is written in characters that stand for others": {
    body: `<form action="&#104;ttp&#58;//${new URL(elsewhere).host}/form"><input name="q"><button id="go">go</button></form>`,
    isAsked: false,
  },
  "a button of a form": {
    body: `<form action="/search"><input name="q"><button id="go" formaction="${elsewhere}/button">go</button></form>`,
  },
  "a button behind its form": {
    body: `${FORM}<button id="go" form="f" formaction="${elsewhere}/button">go</button>`,
    isAsked: false,
  },
  "a button before its form": { body: `<button id="go" form="f" formaction="${elsewhere}/button">go</button>${FORM}` },
  "a field that is a button": {
    body: `${FORM}<input id="go" type="submit" form="f" formaction="${elsewhere}/button" value="go">`,
    isAsked: false,
  },
  "a button that posts a form": {
    body: `${FORM}<button id="go" form="f" formmethod="post" formaction="${elsewhere}/button">go</button>`,
    isAsked: false,
  },
  "a button of a form that is posted": {
    body: `${FORM}<form method="post" action="/pay"><input name="q"><button id="go" formaction="${elsewhere}/button">go</button></form>`,
  },
  "a redirect": { body: go('href="/away"') },
};

const NAMES = Object.keys(CHANNELS);
/** The pages of several channels are open at a time, so each asks the other site below a path of its own. */
const folderOf = (name: string) => `/${NAMES.indexOf(name)}/`;
const inFolder = (text: string, name: string) => {
  const { host } = new URL(elsewhere);
  return text.replaceAll(`${host}/`, `${host}${folderOf(name)}`);
};

origin.answers((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://origin");
  const name = decodeURIComponent(pathname.slice(1));
  const channel = CHANNELS[name];
  response.setHeader("Content-Type", "text/html");
  for (const [header, value] of Object.entries(channel?.headers ?? {}))
    response.setHeader(header, inFolder(value, name));
  if (pathname === "/away") response.writeHead(302, { Location: inFolder(`${elsewhere}/redirect`, "a redirect") });
  if (pathname === "/start") {
    response.setHeader("Moor-Patch", '{"basket":"ring"}');
    const links = NAMES.map((name) => `<a href="/${encodeURIComponent(name)}">${name}</a>`);
    return response.end(`<!doctype html><title>start</title>${links.join("<br>")}`);
  }
  return response.end(
    `<!doctype html><title>${pathname}</title><body>${inFolder(channel?.body ?? "a page of the site", name)}`,
  );
});

/** Opens a page by a link with the visitor's token, so the token is in the page's address. Returns that token. */
async function follow(page: Page, name: string): Promise<string> {
  await page.goto(`http://localhost:${site.moor.port}/start`);
  const link = page.getByRole("link", { name, exact: true });
  const token = new URL((await link.getAttribute("href")) ?? "").searchParams.get("moor") ?? "";
  expect(token).toMatch(/^[\w-]{84}$/);
  await link.click();
  return token;
}

it.concurrent.for(Object.entries(CHANNELS))(
  "no other site is told the token by %s",
  async ([name, channel], { expect }) => {
    const { body, isAsked = true } = channel;
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const token = await follow(page, name);
    if (body.includes('id="go"')) await page.locator("#go").click();
    const own = () => told.filter((line) => line.includes(` ${folderOf(name)}`));
    if (isAsked) await expect.poll(() => own().length).toBeGreaterThan(0);
    await page.waitForLoadState("networkidle");
    // Pings, reports and prefetches go out in the background, so the page is closed after them.
    await page.goto("about:blank");
    await context.close();
    expect(told.filter((line) => line.includes(token))).toEqual([]);
    if (!isAsked) expect(own().filter((line) => !line.includes("/attribution"))).toEqual([]);
  },
);
