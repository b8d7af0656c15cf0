/** @needs redis-server */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { deriveExpressKey } from "../../../src/old-formats/derive.ts";
import { openQuestion, readKeys, signAnswer } from "../../../src/sdk/adopt/question.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import type { Answer, Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { OLD_SECRET, startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, type SiteOptions, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { READER } from "./move.ts";

const keys = await testKeys();
const other = await testKeys();
/** Staging has keys of its own. Its key of questions is the second of the shop's ring. */
const stagingKeys = { ...other, confirm: other.confirm.replace(/^1:/, "2:") };
const folder = await mkdtemp(join(tmpdir(), "moor-two-moors-"));
const redis = await startRedis({ folder });
const ring = `${keys.confirm},${stagingKeys.confirm}`;
const old = await startOldExpress(redis.socket, { keys: ring, issuer: TEST_ISSUER, readers: READER });
/** The same shop with the settings of a time when staging was its owner. */
const ofStaging = await startOldExpress(redis.socket, { keys: ring, issuer: READER });
const origin = await startOrigin("new");
/** An application whose sessions are sealed in their cookie and have no id. */
const sealing = await startLocalOrigin("sealed");
sealing.answers(({ method = "", headers }, response) => {
  const names = { from: "sealed", issuer: TEST_ISSUER, readers: [READER] };
  const text = String(headers["moor-adopt"]);
  const question = openQuestion(text, method, { ...names, keys: readKeys(ring), now: Date.now() });
  const expiresAt = Math.floor(Date.now() / 1000) + 3_600;
  response.setHeader("Set-Cookie", "sealed=; Max-Age=0; Domain=shop.test");
  response.end(signAnswer(question, names, { status: 200, attributes: { lang: "en" }, expiresAt }));
});

const domain = "shop.test";
const until = "2090-01-01T00:00:00Z";
const confirm = { pool: "old", path: "/moor-adopt" };
const adopt: NonNullable<SiteOptions["adopt"]> = [
  { from: "app", cookies: ["connect.sid"], confirm, domain, until },
  { from: "sealed", cookies: ["sealed"], confirm: { pool: "sealed", path: "/" }, domain, until },
];
const poolsWith = (shop: { name: string; url: string }): PoolConfig[] => [
  { id: "new", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
  { id: "old", origins: [originConfig(shop)], session: { may: [] } },
  { id: "sealed", origins: [{ id: "sealed", url: sealing.url }] },
];
const routes = [
  { path: "/only-old/*", pool: "old" },
  { path: "/*", pool: "new" },
];
const sites: Site[] = [];
async function start(options: SiteOptions): Promise<Site> {
  const site = await startSite([], { pools: poolsWith(old), routes, adopt, ...options });
  sites.push(site);
  return site;
}
const production = await start({ keys });
const asStaging = { keys: stagingKeys, texts: { MOOR_ISSUER: READER }, admin: {}, adminToken: ADMIN_TOKEN };
const staging = await start(asStaging);
afterAll(async () => {
  await Promise.all(sites.map((site) => site.stop()));
  await Promise.all([old.stop(), ofStaging.stop(), sealing.stop(), origin.kill()]);
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const bringing = (site: Site, cookie: string) => site.client([["connect.sid", cookie]]);
const sessionOf = async (browser: Client, path = "/") => (await browser.ask(path)).told.session;
const logOut = (browser: Client) => browser.ask("/?end", { method: "POST" });
const fill = (browser: Client, fruit: string) =>
  browser.ask(`/?patch=${encodeURIComponent(JSON.stringify({ basket: { [fruit]: 1 } }))}`, { method: "POST" });
const atOld = async (cookie: string) =>
  (await fetch(`${old.url}/`, { headers: { Cookie: `connect.sid=${cookie}` } })).json();
const domainsOf = ({ setCookies }: Answer) => setCookies.filter((line) => /domain/i.test(line));
const eventsOf = ({ moor }: Site, event: string) => moor.logged.filter((line) => line.includes(`"event":"${event}"`));

describe("a staging on the old application of production", () => {
  it("shows the login and the basket, and production's visitor keeps both through all that staging does", async () => {
    const { name, cookie } = await visitorOf(old);
    const browser = bringing(production, cookie);
    await fill(browser, "pears");
    const tester = bringing(staging, cookie);
    expect(await sessionOf(tester)).toMatchObject({ sub: name, data: { basket: { apples: 1 } } });
    await fill(tester, "plums");
    const answer = await logOut(tester);
    expect([answer.status, domainsOf(answer)]).toEqual([200, []]);
    // Its own host's cookie of that name is the staging's alone.
    expect(tester.cookies.has("connect.sid")).toBe(false);
    expect(await sessionOf(bringing(staging, cookie))).toMatchObject({ new: true });

    const basket = { apples: 1, pears: 1 };
    expect(await sessionOf(browser)).toMatchObject({ sub: name, data: { basket } });
    expect(await atOld(cookie)).toMatchObject({ user: name, basket: { apples: 1 } });
    const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
    expect(back).toMatchObject({ server: "old", user: name, basket });
  });

  it("serves the old application to a visitor who goes back there, with the basket as it was", async () => {
    const { name, cookie } = await visitorOf(old);
    const tester = bringing(staging, cookie);
    await fill(tester, "plums");
    const back = JSON.parse((await tester.ask("/only-old/")).text) as { basket: object };
    expect(back).toMatchObject({ server: "old", user: name });
    expect(back.basket).toEqual({ apples: 1 });
    expect(await sessionOf(tester)).toMatchObject({ data: { basket: { apples: 1, plums: 1 } } });
  });

  it("says once that it only reads, and takes nothing for an outage", async () => {
    for (let nth = 0; nth < 2; nth++) {
      const tester = bringing(staging, (await visitorOf(old)).cookie);
      await sessionOf(tester);
      await logOut(tester);
    }
    const said = [expect.stringContaining('"kind":"app"')];
    await expect.poll(() => eventsOf(staging, "adoption_read_only")).toEqual(said);
    expect(eventsOf(staging, "adoption_unavailable")).toEqual([]);
    expect(eventsOf(production, "adoption_read_only")).toEqual([]);
  });

  it("owes nothing to an old application that is away, and clears no cookie of production's", async () => {
    const { name, cookie } = await visitorOf(old);
    const tester = bringing(staging, cookie);
    await sessionOf(tester);
    await old.kill();
    const answer = await logOut(tester);
    await old.restart();
    expect([answer.status, domainsOf(answer)]).toEqual([200, []]);
    expect(eventsOf(staging, "adoption_unavailable")).toEqual([]);
    expect(await atOld(cookie)).toMatchObject({ user: name });
  });

  it("leaves the sealed cookie of production as it is", async () => {
    const sealed = "eyJsYW5nIjoiZW4ifQ.the-same-for-all";
    const bringsSealed = (site: Site) => site.client([["sealed", sealed]]).ask("/");
    const [there, here] = [await bringsSealed(production), await bringsSealed(staging)];
    for (const { told } of [there, here]) expect(told.session).toMatchObject({ data: { lang: "en" } });
    // Production clears it for its domain, and also hands on the cookie of the application.
    expect(domainsOf(there)).toHaveLength(2);
    expect(domainsOf(here)).toEqual([]);
  });

  it("takes the refusal of an end as settled, though it was the owner when it adopted the session", async () => {
    const { name, cookie } = await visitorOf(old);
    const former = await start({ ...asStaging, pools: poolsWith(ofStaging) });
    const testers = [bringing(former, cookie), bringing(former, (await visitorOf(old)).cookie)] as const;
    const sessions = await Promise.all(testers.map((tester) => sessionOf(tester)));
    expect(sessions[0]).toMatchObject({ sub: name });
    await fill(testers[0], "plums");
    await former.moor.deployConfig({ pools: poolsWith(old) });
    const back = JSON.parse((await testers[0].ask("/only-old/")).text) as object;
    expect(back).toMatchObject({ server: "old", user: name, basket: { apples: 1 } });
    const answer = await logOut(testers[0]);
    expect([answer.status, domainsOf(answer)]).toEqual([200, []]);
    // An operator's end is told by the alarm.
    await adminOf(former).end(sessions[1]?.sid ?? "");
    const alarm = expect.stringContaining(`"session":"${sessions[1]?.sid?.slice(0, 8)}`);
    await expect.poll(() => eventsOf(former, "adoption_read_only"), { timeout: 25_000 }).toContainEqual(alarm);
    expect(eventsOf(former, "adoption_unavailable")).toEqual([]);
    expect(await atOld(cookie)).toMatchObject({ user: name });
  });

  it("ends nothing that production has not ended; a logout at production ends the old session", async () => {
    const { cookie } = await visitorOf(old);
    const browser = bringing(production, cookie);
    await sessionOf(browser);
    expect(domainsOf(await logOut(browser))).toHaveLength(1);
    expect(await atOld(cookie)).not.toHaveProperty("user");
    expect(await sessionOf(bringing(staging, cookie))).toMatchObject({ new: true });
  });
});

describe("a staging that reads the store of production by itself", () => {
  it("deletes no session there by a logout, if it is set to read only", async () => {
    const entry = {
      from: "express-session",
      cookies: ["connect.sid"],
      store: { type: "connect-redis" as const },
      principal: "user",
      pool: "old",
      domain,
      until,
    };
    const texts = {
      MOOR_EXPRESS_KEYS: `1:${deriveExpressKey(OLD_SECRET)}`,
      MOOR_OLD_REDIS_REST_URL: redis.url,
      MOOR_OLD_REDIS_REST_TOKEN: redis.token,
    };
    const owner = await start({ keys, texts, adopt: [entry] });
    const reader = await start({
      ...asStaging,
      texts: { ...texts, MOOR_ISSUER: READER },
      adopt: [{ ...entry, readOnly: true }],
    });
    const { name, cookie } = await visitorOf(old);
    const id = /^s:(.+)\./.exec(decodeURIComponent(cookie))?.[1];
    const holds = () => run(redis, "EXISTS", `sess:${id}`);
    const tester = bringing(reader, cookie);
    expect(await sessionOf(tester)).toMatchObject({ sub: name });
    expect(domainsOf(await logOut(tester))).toEqual([]);
    expect(await sessionOf(bringing(reader, cookie))).toMatchObject({ new: true });
    await expect.poll(() => eventsOf(reader, "adoption_read_only")).toHaveLength(1);
    expect(await holds()).toBe(1);
    const browser = bringing(owner, cookie);
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
    await logOut(browser);
    expect(await holds()).toBe(0);
  });
});
