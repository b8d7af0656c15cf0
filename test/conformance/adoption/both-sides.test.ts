/** @needs redis-server */
/** @any-authority */
/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Client } from "../../support/node/client.ts";
import { startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const keys = await testKeys();
const redis = await startRedisServer();
const old = await startOldExpress(redis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER });
const origin = await startOrigin("new");
const may: ("patch" | "principal" | "end")[] = ["patch", "principal", "end"];
const pools = [
  { id: "new", origins: [originConfig(origin)], session: { may } },
  { id: "old", origins: [originConfig(old)], session: { may: [] } },
];
const adopt = [
  {
    from: "app",
    cookies: ["connect.sid"],
    confirm: { pool: "old", path: "/moor-adopt" },
    until: "2090-01-01T00:00:00Z",
  },
];

const sites: Site[] = [];
/** Routes with these weights. The paths show each side by itself. */
function routesFor(weights: { old: number; new: number }) {
  const sides = [
    { id: "old", weight: weights.old },
    { id: "new", weight: weights.new },
  ];
  return [
    { path: "/only-old/*", pool: "old" },
    { path: "/only-new/*", pool: "new" },
    { path: "/*", pool: sides },
  ];
}
/** Moor with these weights, for sessions of the same keys. The old side has no sessions of Moor's own to change. */
async function weighing(weights: { old: number; new: number }): Promise<Site> {
  const routes = routesFor(weights);
  const site = await startSite([], { pools, routes, adopt, keys, isolates: 2, admin: {}, adminToken: ADMIN_TOKEN });
  sites.push(site);
  return site;
}
const even = await weighing({ old: 1, new: 1 });
afterAll(async () => {
  await Promise.all(sites.map((site) => site.stop()));
  await old.stop();
  await origin.kill();
  await redis?.stop();
});

interface Page {
  readonly server: string;
  readonly user?: string;
  readonly basket?: unknown;
  readonly session?: { readonly sid?: string; readonly sub?: string; readonly data?: Record<string, unknown> };
}
const bringing = (site: Site, cookie: string) => site.client([["connect.sid", cookie]]);
const page = async (browser: Client, path = "/") => JSON.parse((await browser.ask(path)).text) as Page;
/** Waits until the old application has ended the session of the cookie. */
async function expectNoLogin({ moor }: Site, cookie: string): Promise<void> {
  const there = async () => {
    // Rows have no alarm of their own. The lease of the cron job at `moor serve` lasts almost a minute.
    await moor.runScheduled();
    return (await fetch(`${old.url}/`, { headers: { Cookie: `connect.sid=${cookie}` } })).text();
  };
  await expect.poll(there, { timeout: 90_000, interval: 500 }).not.toContain("user");
}
const loginOn = ({ server, user, session }: Page) => (server === "old" ? user : session?.sub);

describe("a roll-out by weight", () => {
  it("keeps each visitor on one side, with their login, and the parallel first requests agree", async () => {
    const seen = new Set<string>();
    for (let nth = 0; nth < 36; nth++) {
      const { name, cookie } = await visitorOf(old);
      const browser = bringing(even, cookie);
      const first = await Promise.all(
        [browser, ...[1, 2, 3, 4].map(() => bringing(even, cookie))].map((each) => page(each)),
      );
      const later = [await page(browser), await page(browser)];
      const pages = [...first, ...later];
      expect(new Set(pages.map(loginOn)), name).toEqual(new Set([name]));
      expect(new Set(pages.map(({ server }) => server)).size, name).toBe(1);
      seen.add(pages[0]!.server);
    }
    expect(seen).toEqual(new Set(["old", "new"]));
  });

  it("asks the old application once about a visitor who stays there", async () => {
    const { cookie } = await visitorOf(old);
    const all = await weighing({ old: 1, new: 0 });
    const browser = bringing(all, cookie);
    const asked = old.asked();
    for (let request = 0; request < 4; request++) expect((await page(browser)).server).toBe("old");
    expect(old.asked()).toBe(asked + 1);
  });

  it("moves a visitor of the old side with their login when the weights are turned", async () => {
    const before = await weighing({ old: 1, new: 0 });
    const { name, cookie } = await visitorOf(old);
    const browser = bringing(before, cookie);
    expect(await page(browser)).toMatchObject({ server: "old", user: name });
    const after = await weighing({ old: 0, new: 1 });
    const moved = await page(after.client(browser.cookies));
    expect(moved).toMatchObject({ server: "new", session: { sub: name, data: { basket: { apples: 1 } } } });
  });
});

describe("the way back", () => {
  it("shows the basket and the login at the old application, once the weights are turned back", async () => {
    const { name, cookie } = await visitorOf(old);
    const site = await weighing({ old: 0, new: 1 });
    const browser = bringing(site, cookie);
    await browser.ask(`/?patch=${encodeURIComponent('{"basket":{"pears":2}}')}`, { method: "POST" });
    expect(await page(browser)).toMatchObject({ server: "new", session: { sub: name } });
    await site.moor.deployConfig({ routes: routesFor({ old: 1, new: 0 }) });
    expect(await page(browser)).toMatchObject({ server: "old", user: name, basket: { apples: 1, pears: 2 } });
    await site.moor.deployConfig({ routes: routesFor({ old: 0, new: 1 }) });
    expect(await page(browser)).toMatchObject({
      server: "new",
      session: { sub: name, data: { basket: { pears: 2 } } },
    });
  });

  it("shows at the old application what was put into the basket at the new one", async () => {
    const { name, cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    await browser.ask(`/only-new/?patch=${encodeURIComponent('{"basket":{"pears":2}}')}`, { method: "POST" });
    const back = await page(browser, "/only-old/");
    expect(back).toMatchObject({ server: "old", user: name, basket: { apples: 1, pears: 2 } });
  });

  it("leaves an old session as it is whose attributes were too large for Moor", async () => {
    const { name, cookie } = await visitorOf(old);
    const headers = { Cookie: `connect.sid=${cookie}` };
    // 72 kilobytes; Moor takes 64 KiB.
    const fruits = Array.from({ length: 6 }, (_, nth) => String(nth).repeat(12_000));
    for (const fruit of fruits) await fetch(`${old.url}/basket?fruit=${fruit}`, { method: "POST", headers });
    const browser = bringing(even, cookie);
    const moved = (await browser.ask("/only-new/?set=note:1", { method: "POST" })).told.session;
    expect(moved).toMatchObject({ sub: name, ver: 1 });
    expect(await page(browser, "/only-new/")).toMatchObject({ session: { sub: name, data: { note: "1" } } });
    const back = await page(browser, "/only-old/");
    expect(back).toMatchObject({ server: "old", user: name });
    expect(Object.keys(back.basket ?? {})).toEqual(["apples", ...fruits]);
  });

  it("brings the basket back once, so that it replaces nothing that the old application has changed since", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    await browser.ask(`/only-new/?patch=${encodeURIComponent('{"basket":{"pears":2}}')}`, { method: "POST" });
    await page(browser, "/only-old/");
    await fetch(`${old.url}/basket?fruit=plums`, { method: "POST", headers: { Cookie: `connect.sid=${cookie}` } });
    // Another isolate has not brought it back yet, and tells the old application again.
    const [, other] = even.moor.ports;
    for (const port of [undefined, other]) {
      const again = JSON.parse((await browser.ask("/only-old/", { port })).text) as Page;
      expect(again.basket).toEqual({ apples: 1, pears: 2, plums: 1 });
    }
  });

  it("does not bring back a login at Moor, because others may know the id of the old session", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    await page(browser, "/only-new/");
    await browser.ask("/only-new/?rotate&set=card:secret", { method: "POST" });
    await page(browser, "/only-old/");
    const thief = await fetch(`${old.url}/stored`, { headers: { Cookie: `connect.sid=${cookie}` } });
    expect(await thief.text()).not.toContain("secret");
  });

  it("founds no session at the old application that has ended there", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    await browser.ask("/only-new/?set=a:1", { method: "POST" });
    await fetch(`${old.url}/logout`, { method: "POST", headers: { Cookie: `connect.sid=${cookie}` } });
    expect(await page(browser, "/only-old/")).not.toHaveProperty("user");
  });
});

describe("a logout at Moor", () => {
  it.each([
    ["by an origin", (browser: Client) => browser.ask("/only-new/?end", { method: "POST" })],
    ["by the visitor", (browser: Client) => browser.ask("/.moor/logout", { method: "POST" })],
  ])("%s ends the old session too, and the browser forgets its cookie", async (_name, logOut) => {
    const { name, cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    expect(loginOn(await page(browser, "/only-new/"))).toBe(name);
    const answer = await logOut(browser);
    expect(answer.status).toBeLessThan(300);
    expect(browser.cookies.has("connect.sid")).toBe(false);
    const there = await fetch(`${old.url}/`, { headers: { Cookie: `connect.sid=${cookie}` } });
    expect(await there.json()).not.toHaveProperty("user");
  });

  it("that the old application misses is repeated without its visitor, though Moor crashes meanwhile", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(even, cookie);
    await page(browser, "/only-new/");
    await old.kill();
    expect((await browser.ask("/only-new/?end", { method: "POST" })).status).toBe(200);
    await even.moor.crashAndRestart(() => old.restart());
    await expectNoLogin(even, cookie);
    expect((await page(bringing(even, cookie), "/only-new/")).session).toMatchObject({ new: true });
  });

  const SLOW = "it waits for another run of the cron job, as the test before";
  it(
    "by an operator ends the old session, though its visitor does not come again",
    ofCloudflareAlone(SLOW),
    async () => {
      const { cookie } = await visitorOf(old);
      const { session } = await page(bringing(even, cookie), "/only-new/");
      expect((await adminOf(even).end(session?.sid ?? "")).status).toBeLessThan(300);
      await expectNoLogin(even, cookie);
    },
  );
});

const SHARED =
  "all Moors of these tests share a store, and so the knowledge that visitors come from the old application";
describe("a Moor with another address", () => {
  it("neither ends nor changes a session, and reads none", ofCloudflareAlone(SHARED), async () => {
    const { cookie } = await visitorOf(old);
    const elsewhere = await startOldExpress(redis!.socket, { keys: keys.confirm, issuer: "https://other.test" });
    const staging = await startSite([], {
      pools: [pools[0]!, { id: "old", origins: [originConfig(elsewhere)] }],
      routes: [{ path: "/*", pool: "new" }],
      adopt,
      keys,
    });
    expect((await bringing(staging, cookie).ask("/")).told.session).toMatchObject({ new: true });
    await expect.poll(() => staging.moor.logged.join("\n")).toContain("accepted: 200 or 401");
    await staging.stop();
    await elsewhere.stop();
  });
});
