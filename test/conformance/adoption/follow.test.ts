/** @needs redis-server */
/** @any-runtime */
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import type { Client } from "../../support/node/client.ts";
import { startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const keys = await testKeys();
const redis = await startRedisServer();
const store = createClient({ socket: { path: redis!.socket, tls: false } });
await store.connect();
const old = await startOldExpress(redis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER });
const origin = await startOrigin("new");
const entry = {
  from: "app",
  cookies: ["connect.sid"],
  confirm: { pool: "old", path: "/moor-adopt" },
  until: "2090-01-01T00:00:00Z",
  follow: "end" as const,
};

let site: Site;
beforeAll(async () => {
  site = await startSite([], {
    pools: [
      { id: "new", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
      { id: "old", origins: [originConfig(old)], session: { may: [] } },
    ],
    routes: [{ path: "/*", pool: "new" }],
    adopt: [entry],
    keys,
    isolates: 2,
    watched: true,
  });
});
afterAll(async () => {
  await site.stop();
  await old.stop();
  await origin.kill();
  store.destroy();
  await redis?.stop();
});

/** Moves the clocks of Moor and of the old application ahead. */
let aheadMs = 0;
const machine = Date.now;
vi.spyOn(Date, "now").mockImplementation(() => machine() + aheadMs);
async function elapse(seconds: number): Promise<void> {
  await site.moor.elapse(seconds);
  aheadMs += seconds * 1000;
}

const bringing = (cookie: string) => site.client([["connect.sid", cookie]]);
const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
const idOf = (cookie: string) => /^s%3A([^.]+)/.exec(cookie)?.[1] ?? "";
/** A visitor who uses the new application with the session that was adopted. */
async function moved() {
  const { name, cookie } = await visitorOf(old);
  const browser = bringing(cookie);
  expect(await sessionOf(browser)).toMatchObject({ sub: name });
  // A copy of five seconds is no occasion to ask.
  await elapse(6);
  return { name, cookie, browser };
}
const logOutAtOld = (cookie: string) =>
  fetch(`${old.url}/logout`, { method: "POST", headers: { Cookie: `connect.sid=${cookie}` } });

describe("a logout at the old application that is followed", () => {
  it("ends the session at Moor, and serves the same request as a stranger's", async () => {
    const { cookie, browser } = await moved();
    await logOutAtOld(cookie);
    expect(await sessionOf(browser)).toMatchObject({ new: true });
    expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
  });

  it("ends the session at Moor though the browser has lost the old cookie", async () => {
    const { cookie, browser } = await moved();
    await logOutAtOld(cookie);
    browser.cookies.delete("connect.sid");
    expect(await sessionOf(browser)).toMatchObject({ new: true });
  });

  it("ends the session at Moor though the old session lives on without its login", async () => {
    const { cookie, browser } = await moved();
    const key = `sess:${idOf(cookie)}`;
    const { user, ...kept } = JSON.parse((await store.get(key)) ?? "{}") as Record<string, unknown>;
    await store.set(key, JSON.stringify(kept), { KEEPTTL: true });
    expect(user).toBeDefined();
    expect(await sessionOf(browser)).toMatchObject({ new: true });
  });

  it("is not an old application that is away, and not another visitor's logout", async () => {
    const { name, browser } = await moved();
    const other = await visitorOf(old);
    await logOutAtOld(other.cookie);
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
    await elapse(6);
    await old.kill();
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
    await old.restart();
    await elapse(6);
    browser.cookies.set("connect.sid", other.cookie);
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
  });

  it("costs a visitor who stays nothing: the old session keeps its basket when Moor asks about it by its id", async () => {
    const { name, cookie, browser } = await moved();
    browser.cookies.delete("connect.sid");
    const asked = old.asked();
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
    // First with the cookies that the browser has, which open nothing there, and then by the id.
    expect(old.asked()).toBe(asked + 2);
    const there = await fetch(`${old.url}/`, { headers: { Cookie: `connect.sid=${cookie}` } });
    expect(await there.json()).toMatchObject({ user: name, basket: { apples: 1 } });
  });

  it("is asked about once in five seconds, however many requests come", async () => {
    const { browser } = await moved();
    const asked = old.asked();
    for (let request = 0; request < 5; request++) await sessionOf(browser);
    expect(old.asked()).toBe(asked + 1);
  });
});

describe("an old store that loses its sessions", () => {
  it("logs nearly nobody out: following stops for all isolates, and operators read so", async () => {
    const visitors = [];
    for (let nth = 0; nth < 20; nth++) visitors.push(await moved());
    for (const { cookie } of visitors) await store.del(`sess:${idOf(cookie)}`);
    await elapse(6);
    let loggedOut = 0;
    for (const [nth, { browser, name }] of visitors.entries()) {
      const port = site.moor.ports[nth % 2];
      const { session } = (await browser.ask("/", { port })).told;
      if (session.sub !== name) loggedOut++;
    }
    expect(loggedOut).toBeLessThanOrEqual(5);
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"follow_stopped"');
    expect(site.moor.logged.filter((line) => line.includes("follow_stopped"))).toHaveLength(1);
  });
});
