/** @needs chromium openssl */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../../src/config/read.ts";
import type { Told } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { pathOf } from "../../support/node/packages.ts";
import { startSite } from "../../support/node/site.ts";
import { AT_EDGE, startTlsEdge } from "../../support/node/tls-edge.ts";

const DOMAINS = ["shop.test", "brand.test"];
const origin = await startOrigin("a");
const site = await startSite([origin], {
  carriers: [{ type: "cookie", prefix: "__Secure-", domain: DOMAINS, persistent: "remembered" }],
  session: { remember: {} },
});
/** Below `/set` it sets the cookie that the query names itself. */
const edge = await startTlsEdge(site.moor.port, (incoming, response) => {
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "https://any.test");
  if (pathname !== "/set") return false;
  response.setHeader("Set-Cookie", searchParams.get("cookie") ?? "");
  response.end();
  return true;
});
const { port } = edge;
afterAll(async () => {
  await Promise.all([site.stop(), edge.stop()]);
  await origin.kill();
});

/** A browser with a profile on disk: it can be closed and opened again. */
async function profile(): Promise<{ open: () => Promise<Page> }> {
  const folder = await mkdtemp(join(tmpdir(), "moor-profile-"));
  let context: BrowserContext | undefined;
  onTestFinished(async () => {
    await context?.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    async open() {
      await context?.close();
      context = await chromium.launchPersistentContext(folder, {
        executablePath: pathOf("chromium") ?? "chromium",
        ...AT_EDGE.context,
        args: [...AT_EDGE.args],
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      return page;
    },
  };
}

/** Visits an address, and returns the session that its origin was shown. */
async function visit(page: Page, host: string, path = "/"): Promise<Told["session"]> {
  await page.goto(`https://${host}:${port}${path}`);
  return (JSON.parse((await page.locator("body").textContent()) ?? "") as Told).session;
}

describe("a Moor of several sites, in a browser", () => {
  it("gives the hosts of each domain one session, and every domain a session of its own", async () => {
    const page = await (await profile()).open();
    await visit(page, "www.shop.test", "/?login=alice");
    expect(await visit(page, "eu.shop.test")).toMatchObject({ sub: "alice" });
    expect(await visit(page, "shop.test")).toMatchObject({ sub: "alice" });
    expect((await visit(page, "www.brand.test")).sub).toBe(undefined);
    await visit(page, "www.brand.test", "/?login=bob");
    expect(await visit(page, "brand.test")).toMatchObject({ sub: "bob" });
    expect(await visit(page, "www.shop.test")).toMatchObject({ sub: "alice" });
  });

  it("gives a host below no domain a session of its own host", async () => {
    const page = await (await profile()).open();
    await visit(page, "other.test", "/?login=carol");
    expect(await visit(page, "other.test")).toMatchObject({ sub: "carol" });
    expect((await visit(page, "www.other.test")).sub).toBe(undefined);
    const set = await page.context().cookies(`https://other.test:${port}`);
    expect(set.map(({ name, domain }) => [name, domain])).toContainEqual(["__Secure-moor", "other.test"]);
  });
});

describe("a cookie without Max-Age", () => {
  it("is forgotten when the browser closes, and a remembered visitor stays logged in", async () => {
    const browser = await profile();
    let page = await browser.open();
    await visit(page, "www.shop.test", "/?login=alice");
    await visit(page, "www.brand.test", "/?login=bob&remember");
    expect(await visit(page, "www.shop.test")).toMatchObject({ sub: "alice" });
    page = await browser.open();
    expect((await visit(page, "www.shop.test")).sub).toBe(undefined);
    expect(await visit(page, "www.brand.test")).toMatchObject({ sub: "bob" });
  });
});

describe("a cookie that a browser drops", () => {
  it("is refused by the configuration, or is never written", async () => {
    const page = await (await profile()).open();
    const held = async (cookie: string, host = "www.shop.test") => {
      await page.context().clearCookies();
      await page.goto(`https://${host}:${port}/set?cookie=${encodeURIComponent(cookie)}`);
      return (await page.context().cookies()).map(({ name, path }) => name + path);
    };
    const mistakes = (cookie: object) => {
      const pools = [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }];
      const read = readConfig({ pools, carriers: [{ type: "cookie", ...cookie }] });
      return read.kind === "ok" ? [] : read.mistakes.map(({ path }) => path);
    };
    expect(await held("__Secure-a=1; Domain=shop.test; Path=/app; Secure; SameSite=None; Partitioned")).toEqual([
      "__Secure-a/app",
    ]);
    expect(
      mistakes({ prefix: "__Secure-", domain: "shop.test", path: "/app", sameSite: "none", partitioned: true }),
    ).toEqual([]);

    expect(await held("__Host-a=1; Domain=shop.test; Path=/; Secure")).toEqual([]);
    expect(mistakes({ domain: "shop.test" })).toEqual(["carriers[0].domain"]);
    expect(await held("__Host-a=1; Path=/app; Secure")).toEqual([]);
    expect(mistakes({ path: "/app" })).toEqual(["carriers[0].path"]);
    expect(await held("__Secure-a=1; Domain=test; Path=/; Secure")).toEqual([]);
    expect(mistakes({ prefix: "__Secure-", domain: "test" })).toEqual(["carriers[0].domain"]);
    expect(await held("__Secure-a=1; Domain=0.0.1; Path=/; Secure", "127.0.0.1")).toEqual([]);
    expect(mistakes({ prefix: "__Secure-", domain: "127.0.0.1" })).toEqual(["carriers[0].domain"]);
    // `moor check` knows the public suffixes; test/bin/check.test.ts.
    expect(await held("__Secure-a=1; Domain=co.uk; Path=/; Secure", "shop.co.uk")).toEqual([]);
    const long = `/${"a".repeat(1_024)}`;
    expect(await held(`__Secure-a=1; Path=${long}; Secure`)).toEqual(["__Secure-a/"]);
    expect(mistakes({ prefix: "__Secure-", path: long })).toEqual(["carriers[0].path"]);

    expect(await held("__Secure-a=1; Domain=brand.test; Path=/; Secure")).toEqual([]);
    expect(await held("a=1; Path=/; SameSite=None")).toEqual([]);
    expect(await held("a=1; Path=/; Partitioned")).toEqual([]);
  });
});
