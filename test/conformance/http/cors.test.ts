/** @needs chromium */
import { afterAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { HeaderClient } from "../../support/node/header-client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const APP = "https://app.shop.test";
const PARTNER = "https://partner.test";
const page = await startLocalOrigin("page");
const [origin, dead] = await Promise.all([startOrigin("a"), startOrigin("dead")]);
await dead.kill();
const site = await startSite([], {
  pools: [
    { id: "shop", origins: [{ id: "a", url: origin.url }], session: { may: ["patch", "principal", "end"] } },
    { id: "down", origins: [{ id: "b", url: dead.url }] },
  ],
  routes: [
    { path: "/partner/*", pool: "down", cors: { origins: [PARTNER] } },
    { path: "/down/*", pool: "down" },
    { path: "/*", pool: "shop" },
  ],
  carriers: [{ type: "cookie" }, { type: "header" }],
  cors: { origins: [APP, page.url.replace("127.0.0.1", "app.shop.localhost")], credentials: true },
  logout: { clearSiteData: ["cache"] },
});
const without = await startSite([origin], { carriers: [{ type: "cookie" }, { type: "header" }] });
afterAll(async () => {
  await Promise.all([site.stop(), without.stop(), page.stop(), origin.kill()]);
});

const PREFLIGHT = { "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a, authorization" };
const preflight = (path: string, from: string, where = site) =>
  where.client().ask(path, { method: "OPTIONS", headers: { ...PREFLIGHT, Origin: from } });
const LOGOUT = "/.moor/logout";

describe("an error of Moor's own", () => {
  it("may be read by a script of an allowed origin, with Retry-After", async () => {
    const { status, headers, text } = await site.client().ask("/down/x", { headers: { Origin: APP } });
    expect([status, JSON.parse(text).code]).toEqual([502, "origin_unreachable"]);
    expect(headers).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "Retry-After",
      "retry-after": "2",
      vary: "Origin",
    });
  });

  it.each([
    ["/down/x", "https://evil.test"],
    ["/down/x", PARTNER],
    ["/down/x", "null"],
    ["/partner/x", APP],
  ])("at %s may not be read by %s", async (path, from) => {
    const { headers } = await site.client().ask(path, { headers: { Origin: from } });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    expect(headers.vary).toBe("Origin");
  });

  it("goes by the route's own setting: no credentials for this partner", async () => {
    const { headers } = await site.client().ask("/partner/x", { headers: { Origin: PARTNER } });
    expect(headers["access-control-allow-origin"]).toBe(PARTNER);
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
  });

  it("is as it was without the setting", async () => {
    const { headers } = await without.client().ask("/x", { method: "TRACE", headers: { Origin: APP } });
    expect([headers["access-control-allow-origin"], headers.vary]).toEqual([undefined, undefined]);
  });
});

describe("a preflight", () => {
  it("of an allowed origin is allowed for one request while no origin is up", async () => {
    const { status, headers } = await preflight("/down/x", APP);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-a, authorization",
      "access-control-max-age": "0",
    });
  });

  it("of another origin gets the error", async () => {
    const { status, headers } = await preflight("/down/x", "https://evil.test");
    expect([status, headers["access-control-allow-methods"]]).toEqual([502, undefined]);
  });

  it("is the origin's to answer while it is up", async () => {
    const { status, headers, told } = await preflight("/x", APP);
    expect([status, told.method, headers["access-control-allow-origin"]]).toEqual([200, "OPTIONS", undefined]);
  });

  it("of a logout is Moor's to answer", async () => {
    expect((await preflight(LOGOUT, APP)).status).toBe(204);
    expect((await preflight(LOGOUT, "https://evil.test")).status).toBe(405);
    expect((await preflight(LOGOUT, APP, without)).status).toBe(405);
  });
});

describe("a logout from a page of another host", () => {
  const from = (origin: string, where: string) => ({
    Origin: origin,
    "Sec-Fetch-Site": where,
    "Sec-Fetch-Mode": "cors",
  });

  it("ends the session if the host's origin is allowed, and has the browser forget what it has stored", async () => {
    const client = site.client();
    await client.ask("/?login=alice", { method: "POST" });
    const thief = site.client(client.cookies);
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice" });
    const answer = await client.ask(LOGOUT, { method: "POST", headers: from(APP, "same-site") });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([204, APP]);
    expect(answer.headers["clear-site-data"]).toBe('"cache"');
    expect((await thief.ask("/")).told.session).toMatchObject({ new: true });
  });

  it.each(["https://other.shop.test", PARTNER])("is refused for %s", async (origin) => {
    const client = site.client();
    await client.ask("/?login=alice", { method: "POST" });
    const answer = await client.ask(LOGOUT, { method: "POST", headers: from(origin, "same-site") });
    expect([answer.status, answer.headers["clear-site-data"]]).toEqual([403, undefined]);
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice" });
  });

  it("works for a client of the header carrier on another site", async () => {
    const client = new HeaderClient(site.client());
    await client.ask("/?login=alice", { method: "POST" });
    const { held } = client;
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice" });
    const answer = await client.ask(LOGOUT, { method: "POST", headers: from(APP, "cross-site") });
    expect([answer.status, client.held]).toEqual([204, ""]);
    client.held = held;
    expect((await client.ask("/")).told.session).toMatchObject({ new: true });
  });
});

describe("in a browser", () => {
  it("a script of an allowed sibling host reads Moor's error, and logs out", async () => {
    const api = `http://api.shop.localhost:${site.moor.port}`;
    const browser = await launchBrowser();
    try {
      const visitor = await browser.newPage();
      const session = async () => JSON.parse((await visitor.locator("body").textContent()) ?? "").session;
      await visitor.goto(`${api}/?login=alice`);
      await visitor.goto(api);
      expect(await session()).toMatchObject({ sub: "alice" });
      await visitor.goto(page.url.replace("127.0.0.1", "app.shop.localhost"));
      const seen = await visitor.evaluate(async (api) => {
        const ask = async (path: string, init: RequestInit) => {
          const response = await fetch(api + path, { credentials: "include", ...init });
          return [response.status, response.headers.get("Retry-After")];
        };
        return [
          await ask("/down/x", { method: "PUT", headers: { "X-A": "1" } }),
          await ask("/.moor/logout", { method: "POST" }),
        ];
      }, api);
      expect(seen).toEqual([
        [502, "2"],
        [204, null],
      ]);
      await visitor.goto(api);
      expect(await session()).toMatchObject({ new: true });
    } finally {
      await browser.close();
    }
  });
});
