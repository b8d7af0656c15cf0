/** @needs redis-server */
import { afterAll, expect, it } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { openQuestion, readKeys, signAnswer } from "../../../src/sdk/adopt/question.ts";
import { startRedis } from "../../bin/local-redis/rest.ts";
import type { Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const keys = await testKeys();
const [shopRedis, rows] = [await startRedisServer(), await startRedis()];
const old = await startOldExpress(shopRedis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER });

/** An application whose sessions are sealed in their cookie and have no id, so equal sessions have equal cookies. */
const sealing = await startLocalOrigin("sealed");
sealing.answers(({ method = "", headers }, response) => {
  const names = { from: "sealed", issuer: TEST_ISSUER };
  const text = String(headers["moor-adopt"]);
  const question = openQuestion(text, method, { ...names, keys: readKeys(keys.confirm), now: Date.now() });
  const expiresAt = Math.floor(Date.now() / 1000) + 3_600;
  response.end(signAnswer(question, names, { status: 200, attributes: { lang: "en" }, expiresAt }));
});

const origin = await startOrigin("new");
const until = "2090-01-01T00:00:00Z";
/** A process of its own. All of them have the same keys, and their sessions are rows of one Redis. */
const start = (): Promise<Site> =>
  startSite([], {
    pools: [
      { id: "new", origins: [originConfig(origin)], session: { may: ["patch"] } },
      { id: "old", origins: [originConfig(old)] },
      { id: "sealed", origins: [{ id: "sealed", url: sealing.url }] },
    ],
    routes: [{ path: "/*", pool: "new" }],
    adopt: [
      { from: "app", cookies: ["connect.sid"], confirm: { pool: "old", path: "/moor-adopt" }, until },
      { from: "sealed", cookies: ["sealed"], confirm: { pool: "sealed", path: "/" }, until },
    ],
    stores: { authority: { type: "redis" } },
    redis: rows,
    keys,
  });
const processes = await Promise.all([start(), start()]);
afterAll(async () => {
  await Promise.all(processes.map((site) => site.stop()));
  await sealing.stop();
  await old.stop();
  await origin.kill();
  await shopRedis?.stop();
  await rows.stop();
});

const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
const inTurn = (nth: number) => processes[nth % processes.length] as Site;

it("makes one session of 50 parallel first requests that come to two processes", async () => {
  const { name, cookie } = await visitorOf(old);
  const asking = Array.from({ length: 50 }, (_, nth) => sessionOf(inTurn(nth).client([["connect.sid", cookie]])));
  const sessions = await Promise.all(asking);
  expect(new Set(sessions.map(({ sid, sub, ver }) => `${sid} ${sub} ${ver}`)).size).toBe(1);
  expect(sessions[0]).toMatchObject({ sub: name, ver: 1, data: { basket: { apples: 1 } } });
});

it("gives five strangers with equal sealed cookies a session each, and none sees the basket of another", async () => {
  const cookie = "eyJsYW5nIjoiZW4ifQ.the-same-for-all";
  const strangers = Array.from({ length: 5 }, (_, nth) => inTurn(nth).client([["sealed", cookie]]));
  const sessions = await Promise.all(strangers.map(sessionOf));
  expect(sessions.map(({ data }) => data)).toEqual(Array.from({ length: 5 }, () => ({ lang: "en" })));
  expect(new Set(sessions.map(({ sid }) => sid)).size).toBe(5);
  await strangers[0]!.ask("/?set=basket:apples", { method: "POST" });
  for (const stranger of strangers.slice(1)) expect((await sessionOf(stranger)).data).toEqual({ lang: "en" });
  for (const stranger of strangers) expect(stranger.cookies.has("sealed")).toBe(false);
});
