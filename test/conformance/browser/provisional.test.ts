/** @needs chromium openssl */
import { chromium, type Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import type { CarrierConfig } from "../../../src/carriers/registry.ts";
import type { Told } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { pathOf } from "../../support/node/packages.ts";
import { startSite } from "../../support/node/site.ts";
import { AT_EDGE, startTlsEdge } from "../../support/node/tls-edge.ts";

const origins = await Promise.all(["a", "b"].map((name) => startOrigin(name)));
const [only] = origins as [(typeof origins)[0]];
const browser = await chromium.launch({ executablePath: pathOf("chromium") ?? "chromium", args: [...AT_EDGE.args] });

/** Moor at `api.*` hosts. Pages of all other hosts do not come through it: they are empty, and below `/set` they set a cookie. */
async function startApi(behind: typeof origins, carriers?: CarrierConfig[]) {
  const site = await startSite(behind, carriers && { carriers });
  const edge = await startTlsEdge(site.moor.port, (incoming, response) => {
    if (incoming.headers.host?.startsWith("api.")) return false;
    const { searchParams } = new URL(incoming.url ?? "/", "https://any.test");
    const cookie = searchParams.get("cookie");
    if (cookie !== null) response.setHeader("Set-Cookie", cookie);
    response.setHeader("Content-Type", "text/html").end("<!doctype html><title>page</title>");
    return true;
  });
  return { site, edge };
}
const [pair, lone, open] = await Promise.all([
  startApi(origins),
  startApi([only]),
  startApi(origins, [{ type: "cookie", sameSite: "none", partitioned: true }]),
]);
const apis = [pair, lone, open];
afterAll(async () => {
  await browser.close();
  await Promise.all(apis.flatMap(({ site, edge }) => [site.stop(), edge.stop()]));
  await Promise.all(origins.map((origin) => origin.kill()));
});

async function pageOf(api: typeof pair, host: string): Promise<Page> {
  const context = await browser.newContext(AT_EDGE.context);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`https://${host}:${api.edge.port}/`);
  return page;
}

/** What a script of the page is answered by the API on the sibling host. */
function ask(api: typeof pair, page: Page, query = "", method = "GET"): Promise<Told> {
  const { origin } = new URL(page.url());
  const cors = [`Access-Control-Allow-Origin:${origin}`, "Access-Control-Allow-Credentials:true"];
  const headers = cors.map((header) => `header=${encodeURIComponent(header)}`).join("&");
  const url = `https://api.shop.test:${api.edge.port}/?${headers}&${query}`;
  const asking = JSON.stringify({ method, credentials: "include" });
  return page.evaluate(`fetch(${JSON.stringify(url)}, ${asking}).then((response) => response.json())`);
}

async function repeat<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let count = 0; count < times; count++) results.push(await work());
  return results;
}
const cookiesOf = async (page: Page) => (await page.context().cookies()).map(({ name }) => name).sort();

describe("scripts of a sibling host's page, which does not come through Moor", () => {
  it("meet one origin before anything is stored, and keep it with the session", async () => {
    const page = await pageOf(pair, "www.shop.test");
    const before = await repeat(12, () => ask(pair, page));
    expect(new Set(before.map(({ server }) => server)).size).toBe(1);
    expect(await cookiesOf(page)).toEqual(["__Host-moor-new"]);
    await ask(pair, page, "set=cart:apple", "POST");
    expect(await cookiesOf(page)).toEqual(["__Host-moor"]);
    const after = await repeat(12, () => ask(pair, page));
    expect(new Set([...before, ...after].map(({ server }) => server)).size).toBe(1);
    expect(after[0]?.session.data).toEqual({ cart: "apple" });
  });

  it("keep their login when the answer of an earlier poll comes late", async () => {
    const page = await pageOf(lone, "www.shop.test");
    const poll = await only.hold((hold) => ask(lone, page, hold));
    await ask(lone, page, "login=alice", "POST");
    expect((await ask(lone, page)).session.sub).toBe("alice");
    await poll.release();
    expect(await cookiesOf(page)).toEqual(["__Host-moor", "__Host-moor-gen", "__Host-moor-new"]);
    expect((await ask(lone, page)).session.sub).toBe("alice");
    await ask(lone, page, "set=a:1", "POST");
    expect(await cookiesOf(page)).toEqual(["__Host-moor", "__Host-moor-gen"]);
  });

  it("of two tabs share the token, whichever is answered first", async () => {
    const page = await pageOf(pair, "www.shop.test");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await Promise.all([ask(pair, page), ask(pair, other), ask(pair, page), ask(pair, other)]);
    const settled = [...(await repeat(5, () => ask(pair, page))), ...(await repeat(5, () => ask(pair, other)))];
    expect(new Set(settled.map(({ server }) => server)).size).toBe(1);
    await ask(pair, other, "set=cart:apple", "POST");
    expect((await ask(pair, page)).session.data).toEqual({ cart: "apple" });
  });

  it("that send no cookies get none", async () => {
    const page = await pageOf(pair, "www.shop.test");
    const url = `https://api.shop.test:${pair.edge.port}/?header=Access-Control-Allow-Origin:*`;
    await page.evaluate(`fetch(${JSON.stringify(url)}).then((response) => response.json())`);
    expect(await cookiesOf(page)).toEqual([]);
  });
});

describe("a page of another site", () => {
  it("plants no token by a script or an image", async () => {
    const page = await pageOf(pair, "www.evil.test");
    expect((await ask(pair, page)).headers["sec-fetch-site"]).toBe("cross-site");
    const image = JSON.stringify(`https://api.shop.test:${pair.edge.port}/`);
    await page.evaluate(
      `new Promise((resolve) => { const image = new Image(); image.onerror = resolve; image.src = ${image}; })`,
    );
    expect(await cookiesOf(page)).toEqual([]);
  });

  it("has a jar of its own where the cookie is partitioned, and one origin in it", async () => {
    const page = await pageOf(open, "www.embedder.test");
    const told = await repeat(12, () => ask(open, page));
    expect(new Set(told.map(({ server }) => server)).size).toBe(1);
    await ask(open, page, "set=cart:apple", "POST");
    expect((await ask(open, page)).session.data).toEqual({ cart: "apple" });
    await page.goto(`https://www.other.test:${open.edge.port}/`);
    expect((await ask(open, page)).session).toMatchObject({ new: true });
    expect((await ask(open, page, "set=cart:pear", "POST")).session).not.toHaveProperty("data");
    await page.goto(`https://www.embedder.test:${open.edge.port}/`);
    expect((await ask(open, page)).session.data).toEqual({ cart: "apple" });
  });
});

describe("a sibling host that an attacker has", () => {
  it.each([
    ["for the whole domain, which the browser refuses", "; Domain=shop.test; Path=/; Secure"],
    ["for itself, which the browser sends nowhere else", "; Path=/; Secure"],
  ])("cannot plant a provisional token: %s", async (_how, attributes) => {
    const planted = "A".repeat(84);
    const page = await pageOf(lone, "evil.shop.test");
    const cookie = encodeURIComponent(`__Host-moor-new=${planted}${attributes}`);
    await page.goto(`https://evil.shop.test:${lone.edge.port}/?cookie=${cookie}`);
    await page.goto(`https://www.shop.test:${lone.edge.port}/`);
    await ask(lone, page);
    const held = await page.context().cookies(`https://api.shop.test:${lone.edge.port}/`);
    expect(held.map(({ name }) => name)).toEqual(["__Host-moor-new"]);
    expect(held[0]?.value).not.toBe(planted);
  });
});
