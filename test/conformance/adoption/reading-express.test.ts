/** @needs redis-server postgresql */
/** @any-runtime */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import session, { type Store } from "express-session";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveExpressKey } from "../../../src/old-formats/derive.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Client } from "../../support/node/client.ts";
import { describeWithInstalled } from "../../support/node/installed.ts";
import { OLD_SECRET, type OldExpress, startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { requireTestPackage, TEST_MODULES } from "../../support/node/test-packages.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

type StoreType = "connect-redis" | "connect-pg-simple";

/** The store of an old shop, as the shop and Moor reach it. */
interface ShopStore {
  readonly forShop: string | Store;
  readonly texts: Readonly<Record<string, string>>;
  /** Whether the store still has the session. */
  holds(id: string): Promise<boolean>;
  /** How many sessions were looked for. */
  reads(): Promise<number>;
  takeAway(): Promise<void>;
  /** Starts it again with all its sessions. */
  bringBack(): Promise<void>;
  stop(): Promise<void>;
}

async function redisStore(): Promise<ShopStore> {
  const folder = await mkdtemp(join(tmpdir(), "moor-old-shop-"));
  const redis = await startRedis({ folder });
  return {
    forShop: redis.socket,
    texts: { MOOR_OLD_REDIS_REST_URL: redis.url, MOOR_OLD_REDIS_REST_TOKEN: redis.token },
    holds: async (id) => (await run(redis, "EXISTS", `sess:${id}`)) === 1,
    reads: async () =>
      Number(/cmdstat_eval:calls=(\d+)/.exec(String(await run(redis, "INFO", "commandstats")))?.[1] ?? 0),
    takeAway: redis.kill,
    bringBack: redis.restart,
    async stop() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function postgresStore(): Promise<ShopStore> {
  const postgres = await startPostgres();
  const PgStore = requireTestPackage("connect-pg-simple")(session) as new (
    options: object,
  ) => Store & { close(): void };
  const store = new PgStore({ conString: postgres.url, createTableIfMissing: true, errorLog: () => {} });
  let reads = 0;
  return {
    forShop: store,
    texts: { MOOR_OLD_POSTGRES: postgres.url },
    holds: async (id) => (await postgres.sql`SELECT 1 FROM session WHERE sid = ${id}`).length === 1,
    async reads() {
      const [row] = await postgres.sql`SELECT idx_scan AS scans FROM pg_stat_user_tables WHERE relname = 'session'`;
      reads = Number(row?.scans ?? reads);
      return reads;
    },
    takeAway: postgres.kill,
    bringBack: postgres.restart,
    async stop() {
      store.close();
      await postgres.stop();
    },
  };
}

const STORES: Readonly<Record<StoreType, () => Promise<ShopStore>>> = {
  "connect-redis": redisStore,
  "connect-pg-simple": postgresStore,
};
const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
/** A store that is busy, or was away just now, has some visitors get 503. They ask again. */
async function admittedTo(browser: Client) {
  let answer = await browser.ask("/");
  while (answer.status === 503) answer = await browser.ask("/");
  return answer.told.session;
}
const idIn = (cookie: string) => /^s:(.+)\./.exec(decodeURIComponent(cookie))?.[1] as string;

describeWithInstalled(
  join(TEST_MODULES, "connect-pg-simple", "package.json"),
  "npm ci --prefix sdk/node/test-packages",
  () => {
    describe.each(Object.keys(STORES) as StoreType[])("a visitor of a shop on express-session with %s", (type) => {
      let store: ShopStore;
      let old: OldExpress;
      let site: Site;
      let stop: () => Promise<void>;
      beforeAll(async () => {
        const keys = await testKeys();
        store = await STORES[type]();
        old = await startOldExpress(store.forShop, { keys: keys.confirm, issuer: TEST_ISSUER });
        const origin = await startOrigin("new");
        site = await startSite([], {
          pools: [
            { id: "new", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
            { id: "old", origins: [originConfig(old)] },
          ],
          routes: [
            { path: "/only-old/*", pool: "old" },
            { path: "/*", pool: "new" },
          ],
          adopt: [
            {
              from: "express-session",
              cookies: ["connect.sid"],
              store: { type },
              principal: "user",
              pool: "old",
              until: "2090-01-01T00:00:00Z",
            },
          ],
          keys,
          texts: { MOOR_EXPRESS_KEYS: `1:${deriveExpressKey(OLD_SECRET)}`, ...store.texts },
        });
        stop = async () => {
          await site.stop();
          await old.stop();
          await origin.kill();
          await store.stop();
        };
      });
      afterAll(() => stop?.());
      const bringing = (cookie: string) => site.client([["connect.sid", cookie]]);

      it("sees their login and their basket on the first page, and the old application is not asked", async () => {
        const { name, cookie } = await visitorOf(old);
        const browser = bringing(cookie);
        const first = await sessionOf(browser);
        expect(first).toMatchObject({ sub: name, data: { user: name, basket: { apples: 1 } }, gen: 0 });
        expect(first.data).not.toHaveProperty("cookie");
        expect(await sessionOf(browser)).toMatchObject({ sid: first.sid, sub: name });
        expect(old.asked()).toBe(0);
        await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"session_adopted"');
        expect(site.indiscretions(cookie, idIn(cookie), name)).toEqual([]);
      });

      it("has one session, though 50 first requests come at once", async () => {
        const { name, cookie } = await visitorOf(old);
        const sessions = await Promise.all(Array.from({ length: 50 }, () => admittedTo(bringing(cookie))));
        expect(new Set(sessions.map(({ sid, sub, ver }) => `${sid} ${sub} ${ver}`)).size).toBe(1);
        expect(sessions[0]).toMatchObject({ sub: name, ver: 1 });
      });

      it("goes on at the old application where a route leads to it, with the session there", async () => {
        const { name, cookie } = await visitorOf(old);
        const answer = JSON.parse((await bringing(cookie).ask("/only-old/")).text) as object;
        expect(answer).toMatchObject({ server: "old", user: name, basket: { apples: 1 } });
      });

      it("is logged out at both sides by a logout at Moor", async () => {
        const { cookie } = await visitorOf(old);
        const browser = bringing(cookie);
        await sessionOf(browser);
        expect(await store.holds(idIn(cookie))).toBe(true);
        await browser.ask("/?end", { method: "POST" });
        await expect.poll(() => store.holds(idIn(cookie))).toBe(false);
        expect(browser.cookies.has("connect.sid")).toBe(false);
        expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
      });

      it("gets a fresh session if they have logged out at the old application", async () => {
        const { cookie } = await visitorOf(old);
        await fetch(`${old.url}/logout`, { method: "POST", headers: { Cookie: `connect.sid=${cookie}` } });
        expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
      });

      it("gets a fresh session with a forged cookie, which reaches no store", async () => {
        const { name, cookie } = await visitorOf(old);
        await store.reads();
        const before = await store.reads();
        const places = Array.from({ length: cookie.length }, (_, at) => at).filter((at) => at % 5 === 0 || at < 6);
        // No x is a digit of a percent escape, whose small and capital letters mean the same.
        for (const at of places) {
          const forged = cookie.slice(0, at) + (cookie[at] === "x" ? "y" : "x") + cookie.slice(at + 1);
          expect(await sessionOf(bringing(forged)), `character ${at}`).toMatchObject({ new: true });
        }
        expect(await store.reads()).toBe(before);
        expect(await sessionOf(bringing(cookie))).toMatchObject({ sub: name });
        if (type === "connect-redis") expect(await store.reads()).toBe(before + 1);
      });

      it("gets 503 while the store is away, and no fresh session; a forged cookie gets one", async () => {
        const { name, cookie } = await visitorOf(old);
        await store.takeAway();
        const answer = await bringing(cookie).ask("/");
        expect([answer.status, answer.setCookies]).toEqual([503, []]);
        expect(await sessionOf(bringing(`x${cookie.slice(1)}`))).toMatchObject({ new: true });
        for (let more = 0; more < 4; more++) expect((await bringing(cookie).ask("/")).status).toBe(503);
        await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"store_open","store":"old-sessions"');
        await store.bringBack();
        expect(await admittedTo(bringing(cookie))).toMatchObject({ sub: name });
      });

      const CRON = "the cron job of rows waits for a minute, which both-sides.test.ts does";
      it(
        "is logged out at the old side later, if the store was away at the logout",
        ofCloudflareAlone(CRON),
        async () => {
          const { cookie } = await visitorOf(old);
          const browser = bringing(cookie);
          await admittedTo(browser);
          await store.takeAway();
          expect((await browser.ask("/?end", { method: "POST" })).status).toBe(200);
          await store.bringBack();
          expect(await store.holds(idIn(cookie))).toBe(true);
          await expect.poll(() => store.holds(idIn(cookie))).toBe(false);
        },
      );
    });
  },
);
