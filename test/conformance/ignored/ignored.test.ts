/** @any-runtime */
/** @without-login */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import type { Asking } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c", "d"].map((name) => startOrigin(name)));
const site = await startSite([], {
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
  routes: [
    { path: "/poll", pool: "shop", touch: false },
    { path: "/*", pool: "shop" },
  ],
  ignore: [
    { path: "/assets/*" },
    { extensions: ["css", "JS"] },
    { methods: ["OPTIONS"] },
    { destinations: ["image"], methods: ["GET"] },
    { accept: ["text/event-stream", "font/*"] },
    { contentTypes: ["application/csp-report"] },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const ignored: [string, string, Asking][] = [
  ["its path", "/assets/logo", {}],
  ["its extension", "/theme.css", {}],
  ["its extension, in any case", "/THEME.Js", {}],
  ["its method", "/", { method: "OPTIONS" }],
  ["its destination", "/logo", { headers: { "Sec-Fetch-Dest": "image" } }],
  ["what it accepts first", "/events", { headers: { Accept: "text/event-stream;q=1, */*" } }],
  ["a kind of what it accepts", "/face", { headers: { Accept: "font/woff2" } }],
  [
    "what its body is",
    "/report",
    { method: "POST", headers: { "Content-Type": "Application/CSP-Report; a=b" }, body: "{}" },
  ],
];
const served: [string, string, Asking][] = [
  ["a path that only begins alike", "/assetsx", {}],
  ["an extension in the query", "/?a=.css", {}],
  ["an extension that is longer", "/a.cssx", {}],
  ["one of two conditions", "/", { method: "POST", headers: { "Sec-Fetch-Dest": "image" } }],
  ["what it accepts last", "/", { headers: { Accept: "text/html, text/event-stream" } }],
  ["a media type within another", "/", { headers: { Accept: "xfont/woff2" } }],
];

async function shopper() {
  const client = site.client();
  await client.ask("/?set=basket:apples", { method: "POST" });
  await client.ask("/");
  return client;
}

describe("a request that is ignored", () => {
  it.each(ignored)("for %s has neither session nor handoff, and gives no token", async (_what, path, asking) => {
    for (const client of [site.client(), await shopper()]) {
      const { told, setCookies } = await client.ask(path, asking);
      expect(told.headers).not.toHaveProperty("moor-session");
      expect(setCookies).toEqual([]);
    }
  });

  it("meets the origin of its visitor all the same", async () => {
    for (let visitor = 0; visitor < 12; visitor++) {
      const client = await shopper();
      const { server } = (await client.ask("/")).told;
      for (const [, path, asking] of ignored) expect((await client.ask(path, asking)).told.server).toBe(server);
    }
  });

  it("changes nothing: the changes that an origin asks for are dropped, and logged", async () => {
    const client = await shopper();
    expect((await client.ask("/theme.css?set=basket:stolen")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "apples" });
    await expect.poll(() => site.moor.logged.join("\n")).toContain("origin_change_dropped");
  });

  it("tells nothing about the visitor: the visitor's token does not reach the origin", async () => {
    const client = await shopper();
    const { told } = await client.ask("/assets/logo");
    expect(JSON.stringify(told.rawHeaders)).not.toContain(client.token);
  });
});

describe("a request that is not ignored", () => {
  it.each(served)("by %s has its session", async (_what, path, asking) => {
    const client = await shopper();
    expect((await client.ask(path, asking)).told.session.data).toEqual({ basket: "apples" });
  });
});

describe("a polling route", () => {
  it("sees the session, and may change it, but does not renew it", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    const polled = await client.ask("/poll");
    expect(polled.told.session.data).toEqual({ basket: "apples" });
    expect(polled.setCookies).toEqual([]);
    const lifeOf = (line: string | undefined) => Number(/Max-Age=(\d+)/.exec(line ?? "")?.[1]);
    // Until a token has come back once the idle timeout is half an hour.
    expect(lifeOf((await client.ask("/poll?set=basket:pears", { method: "POST" })).setCookies[0])).toBeLessThan(1_801);
    expect(lifeOf((await client.ask("/")).setCookies[0])).toBeGreaterThan(43_200);
  });
});
