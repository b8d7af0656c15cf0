/** @needs redis-server */
/** @quick */
/** @any-authority */
/** @any-runtime */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Answer, Client } from "../../support/node/client.ts";
import { type OldExpress, startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const keys = await testKeys();
const UNTIL = "2090-01-01T00:00:00Z";
const redis = await startRedisServer();
const old: OldExpress = await startOldExpress(redis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER });
const origin = await startOrigin("new");
const pools = [
  { id: "new", origins: [originConfig(origin)] },
  { id: "old", origins: [originConfig(old)] },
];
const entry = { from: "app", cookies: ["connect.sid"], confirm: { pool: "old", path: "/moor-adopt" }, until: UNTIL };
const NEW = [{ path: "/*", pool: "new" }];

let site: Site;
beforeAll(async () => {
  site = await startSite([], { pools, routes: NEW, adopt: [entry], keys, watched: true });
});
afterAll(async () => {
  await site.stop();
  await old.stop();
  await origin.kill();
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

const visitor = () => visitorOf(old);
const bringing = (cookie: string) => site.client([["connect.sid", cookie]]);
const sessionOf = async (browser: Client, headers = {}) => (await browser.ask("/", { headers })).told.session;

/** The headers by which Cloudflare tells the address of a client. */
const comingFrom = (address: string) => ({ "CF-Connecting-IP": address });

describe("a visitor of an old application", () => {
  it("sees their login and their basket on the first page through Moor, and is not logged in anew", async () => {
    const { name, cookie } = await visitor();
    const browser = bringing(cookie);
    const first = await sessionOf(browser);
    expect(first).toMatchObject({ sub: name, data: { user: name, basket: { apples: 1 } }, gen: 0 });
    expect(first).not.toHaveProperty("auth_time");
    expect(browser.token).toBeDefined();
    const asked = old.asked();
    expect(await sessionOf(browser)).toMatchObject({ sid: first.sid, sub: name });
    expect(old.asked()).toBe(asked);
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"session_adopted"');
    expect(site.indiscretions(cookie, name)).toEqual([]);
  });

  it("has one session, though 50 first requests come at once", async () => {
    const { name, cookie } = await visitor();
    const answers = await Promise.all(Array.from({ length: 50 }, () => sessionOf(bringing(cookie))));
    expect(new Set(answers.map(({ sub }) => sub))).toEqual(new Set([name]));
    expect(new Set(answers.map(({ sid }) => sid)).size).toBe(1);
    expect(new Set(answers.map(({ ver }) => ver))).toEqual(new Set([1]));
  });

  it("keeps a newer basket, though the old cookie comes again while it still opens the session", async () => {
    const { cookie } = await visitor();
    const browser = bringing(cookie);
    await browser.ask("/?set=basket:pears", { method: "POST" });
    await elapse(20);
    expect((await sessionOf(bringing(cookie))).data).toMatchObject({ basket: "pears" });
  });

  it("is opened the session by the old cookie alone, as long as the token has not come back", async () => {
    const { name, cookie } = await visitor();
    const { sid } = await sessionOf(bringing(cookie));
    await elapse(3_600);
    expect(await sessionOf(bringing(cookie))).toMatchObject({ sid, sub: name });
  });

  it("keeps the session to themselves, once the token has come back and the grace period is over", async () => {
    const { cookie } = await visitor();
    const browser = bringing(cookie);
    await sessionOf(browser);
    await sessionOf(browser);
    await elapse(31);
    const thief = await sessionOf(bringing(cookie));
    expect(thief).toMatchObject({ new: true });
    expect(await sessionOf(browser)).toMatchObject({ data: { basket: { apples: 1 } } });
  });

  it("stays logged out after a logout at Moor, though the old session lives on", async () => {
    const { cookie } = await visitor();
    const browser = bringing(cookie);
    await sessionOf(browser);
    await browser.ask("/?end", { method: "POST" });
    await elapse(5 * 24 * 3_600);
    expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
    const cleared = await bringing((await visitor()).cookie).ask("/?end", { method: "POST" });
    expect(cleared.status).toBe(200);
  });

  it("keeps their session at Moor, whatever old cookie comes beside its token", async () => {
    const [one, other] = [await visitor(), await visitor()];
    const browser = bringing(one.cookie);
    await sessionOf(browser);
    browser.cookies.set("connect.sid", other.cookie);
    expect(await sessionOf(browser)).toMatchObject({ sub: one.name });
  });

  it("is adopted although they have a fresh token, because no store knows its session", async () => {
    const { name, cookie } = await visitor();
    const browser = site.client();
    expect(await sessionOf(browser)).toMatchObject({ new: true });
    expect(browser.token).toBeDefined();
    browser.cookies.set("connect.sid", cookie);
    expect(await sessionOf(browser)).toMatchObject({ sub: name });
  });

  it("gets a fresh session if the old session has ended, and the old application is asked once about it", async () => {
    const { cookie } = await visitor();
    await fetch(`${old.url}/logout`, { method: "POST", headers: { Cookie: `connect.sid=${cookie}` } });
    const asked = old.asked();
    for (let request = 0; request < 3; request++)
      expect(await sessionOf(bringing(cookie))).toMatchObject({ new: true });
    expect(old.asked()).toBe(asked + 1);
  });
});

/** How many forged cookies of one address are asked about in a minute. */
const A_MINUTE = 600;
/** The minute may end while the cookies come. */
const MOST_FORGED = 3 * A_MINUTE;

describe("a forged cookie", () => {
  it("opens nothing, whichever of its characters is another", async () => {
    const { cookie } = await visitor();
    const places = Array.from({ length: cookie.length }, (_, at) => at).filter((at) => at % 9 === 0 || at < 6);
    for (const at of places) {
      // It is no digit of a percent escape, whose small and capital letters mean the same.
      const other = cookie[at] === "x" ? "y" : "x";
      const forged = cookie.slice(0, at) + other + cookie.slice(at + 1);
      expect(await sessionOf(bringing(forged)), `character ${at}`).toMatchObject({ new: true });
    }
    expect(site.moor.logged.filter((line) => line.includes("adoption_unavailable"))).toEqual([]);
  });

  it("of another form than a cookie's is not asked about", async () => {
    const asked = old.asked();
    for (const cookie of ["short", "x".repeat(5_000), "with spaces in the value"]) await sessionOf(bringing(cookie));
    expect(old.asked()).toBe(asked);
  });

  const ROWS = "its limit is a row, which refuses sooner while a flood moves it: serve/shared-store.test.ts";
  it("reaches the old application no more often than the limit of its network", ofCloudflareAlone(ROWS), async () => {
    const headers = comingFrom("203.0.113.7");
    const asked = old.asked();
    const send = (nth: number) => bringing(`s%3A${String(nth).padStart(32, "0")}.forged`).ask("/", { headers });
    const answers: Answer[] = [];
    while (answers.length < MOST_FORGED && !answers.some(({ status }) => status === 429))
      answers.push(...(await Promise.all(Array.from({ length: 30 }, (_, nth) => send(answers.length + nth)))));
    const served = answers.filter(({ status }) => status === 200).length;
    const refused = answers.find(({ status }) => status !== 200);
    expect([refused?.status, JSON.parse(refused?.text ?? "{}").code]).toEqual([429, "too_many_new_sessions"]);
    expect(served).toBeGreaterThanOrEqual(A_MINUTE);
    expect(old.asked()).toBe(asked + served);
    const { name, cookie } = await visitor();
    const elsewhere = await sessionOf(bringing(cookie), comingFrom("203.0.113.8"));
    expect(elsewhere).toMatchObject({ sub: name });
  });
});

describe("an old application that is away", () => {
  it("never costs a visitor their login: they get 503 while adoptions happen", async () => {
    const { name, cookie } = await visitor();
    await sessionOf(bringing((await visitor()).cookie));
    await old.kill();
    const answer = await bringing(cookie).ask("/");
    expect([answer.status, answer.setCookies]).toEqual([503, []]);
    await old.restart();
    expect(await sessionOf(bringing(cookie))).toMatchObject({ sub: name });
  });

  it("keeps nobody out by a cookie that people still carry, if no visitor has come from there", async () => {
    const unused = await startSite([], { pools, routes: NEW, adopt: [{ ...entry, from: "unused" }], keys });
    const { cookie } = await visitor();
    await old.kill();
    const answer = await unused.client([["connect.sid", cookie]]).ask("/");
    await old.restart();
    expect(answer.told.session).toMatchObject({ new: true });
    await expect.poll(() => unused.moor.logged.join("\n")).toContain('"adoption_unavailable"');
    await unused.stop();
  });
});

describe("the endpoint of the old application", () => {
  it("tells nobody else of a session: 403 without a question that Moor has signed", async () => {
    const { cookie } = await visitor();
    const asked = await fetch(`${old.url}/moor-adopt`, { headers: { Cookie: `connect.sid=${cookie}` } });
    expect([asked.status, await asked.text()]).toEqual([403, "moor-adopt: this is for Moor alone"]);
  });
});
