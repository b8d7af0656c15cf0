/** @needs redis-server */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "redis";
import { afterAll, describe, expect, it } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { openQuestion, readKeys, signAnswer } from "../../../src/sdk/adopt/question.ts";
import type { Client } from "../../support/node/client.ts";
import { startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";
import { startStores } from "../../support/node/stores.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const keys = await testKeys();
const redis = await startRedisServer();
const shop = createClient({ socket: { path: redis!.socket, tls: false } });
await shop.connect();
const old = await startOldExpress(redis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER });
const origin = await startOrigin("new");

/** An old application behind a cache, which gives its first answer to everybody. */
let firstAnswer: string | undefined;
const cached = createServer(({ method = "", headers }, response) => {
  const names = { from: "cached", issuer: TEST_ISSUER };
  const text = String(headers["moor-adopt"]);
  const question = openQuestion(text, method, { ...names, keys: readKeys(keys.confirm), now: Date.now() });
  const expiresAt = Math.floor(Date.now() / 1000) + 3_600;
  firstAnswer ??= signAnswer(question, names, { status: 200, id: "x".repeat(32), principal: "first", expiresAt });
  response.end(firstAnswer);
}).listen(0, "127.0.0.1");
await once(cached, "listening");
const cachedUrl = `http://127.0.0.1:${(cached.address() as AddressInfo).port}`;
const pools = [
  { id: "new", origins: [originConfig(origin)] },
  { id: "old", origins: [originConfig(old)] },
  { id: "cached", origins: [{ id: "cached", url: cachedUrl }] },
];
const routes = [
  { path: "/strict/*", pool: "new", freshness: "strict" as const },
  { path: "/*", pool: "new" },
];
const until = "2090-01-01T00:00:00Z";
const adopt = [
  { from: "app", cookies: ["connect.sid"], confirm: { pool: "old", path: "/moor-adopt" }, until },
  { from: "cached", cookies: ["cached"], confirm: { pool: "cached", path: "/" }, until },
];
const stores = await startStores({ pools, routes, adopt, keys });
const { site, withoutObjects } = stores;
afterAll(async () => {
  await stores.stop();
  await old.stop();
  cached.close();
  await origin.kill();
  shop.destroy();
  await redis?.stop();
});

const bringing = (cookie: string) => site.client([["connect.sid", cookie]]);
const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
const atOld = (cookie: string, method = "GET", path = "/") =>
  fetch(old.url + path, { method, headers: { Cookie: `connect.sid=${cookie}` } });

describe("while no object can be reached", () => {
  it("a visitor with an old cookie gets 503, and is adopted afterwards", async () => {
    const { name, cookie } = await visitorOf(old);
    await withoutObjects(async () => {
      const { status, setCookies } = await bringing(cookie).ask("/");
      expect([status, setCookies]).toEqual([503, []]);
    });
    expect(await sessionOf(bringing(cookie))).toMatchObject({ sub: name });
  });

  it("a session that only the journal knows wins over an old cookie", async () => {
    const { cookie } = await visitorOf(old);
    const browser = site.client();
    await browser.ask("/");
    await withoutObjects(async () => {
      await browser.ask("/?set=basket:pears", { method: "POST" });
      browser.cookies.set("connect.sid", cookie);
      expect(await sessionOf(browser)).toMatchObject({ data: { basket: "pears" } });
    });
    expect(await sessionOf(browser)).toMatchObject({ data: { basket: "pears" } });
  });
});

describe("an answer to the question about another visitor", () => {
  it("opens no session, and counts as an old application that is away", async () => {
    const comes = (cookie: string) => site.client([["cached", cookie.padEnd(32, "-")]]).ask("/");
    expect((await comes("first")).told.session).toMatchObject({ sub: "first" });
    expect((await comes("second")).status).toBe(503);
    await expect.poll(() => site.moor.logged.join("\n")).toContain("the answer's nonce is wrong");
  });
});

describe("an old cookie", () => {
  it("is not asked about for a POST of another site's page, because the browser may have kept back a token", async () => {
    const { cookie } = await visitorOf(old);
    const asked = old.asked();
    const headers = { Origin: "https://other.test", "Sec-Fetch-Site": "cross-site" };
    await bringing(cookie).ask("/", { method: "POST", headers });
    expect(old.asked()).toBe(asked);
  });

  it("is not asked about after until", async () => {
    const { cookie } = await visitorOf(old);
    const over = await startSite([], { pools, routes, adopt: [{ ...adopt[0]!, until: "2020-01-01T00:00:00Z" }], keys });
    const asked = old.asked();
    const { session } = (await over.client([["connect.sid", cookie]]).ask("/")).told;
    await over.stop();
    expect(session).toMatchObject({ new: true });
    expect(old.asked()).toBe(asked);
  });

  it("of a session with neither a login nor attributes founds none", async () => {
    const { cookie } = await visitorOf(old);
    const key = `sess:${/^s%3A([^.]+)/.exec(cookie)?.[1]}`;
    const { cookie: kept } = JSON.parse((await shop.get(key)) ?? "{}") as { cookie?: unknown };
    await shop.set(key, JSON.stringify({ cookie: kept }), { KEEPTTL: true });
    expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
  });

  it("whose session has ended at Moor is cleared, and its old session is ended when it comes again", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(cookie);
    await sessionOf(browser);
    await old.kill();
    await browser.ask("/?end", { method: "POST" });
    await old.restart();
    const again = bringing(cookie);
    expect(await sessionOf(again)).toMatchObject({ new: true });
    expect(again.cookies.has("connect.sid")).toBe(false);
    expect(await (await atOld(cookie)).json()).not.toHaveProperty("user");
  });

  it("that the token has outdated is asked about once in a minute", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(cookie);
    await sessionOf(browser);
    await sessionOf(browser);
    await site.moor.elapse(31);
    const asked = old.asked();
    for (let request = 0; request < 3; request++)
      expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
    expect(old.asked()).toBe(asked + 1);
  });
});
