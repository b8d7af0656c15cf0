/** @needs postgresql */
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { startStandby } from "../../support/node/postgres-standby.ts";
import { startSite } from "../../support/node/site.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";

const [origin, primary] = await Promise.all([startOrigin("a"), startPostgres()]);
const standby = await startStandby(primary);
const link = await startTcpLink(primary.port);
const site = await startSite([origin], {
  stores: { authority: { type: "postgres" } },
  texts: { MOOR_POSTGRES: primary.url.replace(`:${primary.port}/`, `:${link.port}/`) },
  routes: [{ path: "/*", pool: "shop", freshness: "strict" }],
});
afterAll(async () => {
  await site.stop();
  await link.stop();
  await Promise.all([origin.kill(), standby.stop(), primary.stop()]);
});

async function shopper(basket: string) {
  const client = site.client();
  await client.ask("/");
  expect((await client.ask(`/?set=basket:${basket}`, { method: "POST" })).status).toBe(200);
  await client.ask("/");
  return client;
}
const told = (event: string) =>
  site.moor.logged
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as { store?: string; reason?: string });

describe("a Worker whose Postgres has a hot standby", () => {
  it("refuses the standby by name, logs nobody out, and goes on at the primary", async () => {
    const client = await shopper("tea");
    await standby.catchUp();
    link.leadTo(standby.port);
    const stranger = site.client(client.cookies);
    const change = await client.ask("/?set=basket:milk", { method: "POST" });
    expect([change.status, change.setCookies]).toEqual([503, []]);
    const seen = await stranger.ask("/");
    // The copy in memory may be shown as stale. It is never the standby's answer.
    expect(seen.status === 503 || seen.told.session.stale === true).toBe(true);
    const reasons = told("session_unavailable").map(({ reason }) => reason);
    expect(reasons.join("\n")).toContain("postgres: a read was answered by a standby");
    link.leadTo(primary.port);
    await expect.poll(async () => (await client.ask("/?set=basket:milk", { method: "POST" })).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "milk" });
  });

  it("goes on with a standby that was promoted, and the tokens of visitors tell of its lost changes", async () => {
    const client = await shopper("tea");
    const untouched = await shopper("bread");
    await standby.catchUp();
    await standby.cutOff();
    expect((await client.ask("/?set=basket:coffee", { method: "POST" })).status).toBe(200);
    const lost = await shopper("cake");
    await standby.promote();
    link.leadTo(standby.port);

    const first = await client.ask("/");
    expect(first.told.session).toMatchObject({ stale: true, data: { basket: "tea" } });
    expect((await client.ask("/?set=basket:juice", { method: "POST" })).status).toBe(200);
    expect((await client.ask("/")).told.session).toMatchObject({
      sid: first.told.session.sid,
      data: { basket: "juice" },
    });
    expect((await untouched.ask("/")).told.session).toMatchObject({ ver: 1, data: { basket: "bread" } });
    expect((await lost.ask("/")).told.session).toMatchObject({ ver: 0 });
    await expect.poll(() => told("authority_set_back").map(({ store }) => store)).toEqual(["postgres"]);
    await expect.poll(() => told("authority_lost").map(({ store }) => store)).toEqual(["postgres"]);
  });
});
