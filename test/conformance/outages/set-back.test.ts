/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { AUTHORITY, rememberSessions } from "../../support/node/authority.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], {
  routes: [
    { path: "/refuse/*", pool: "shop", freshness: "strict", onStale: "refuse" },
    { path: "/*", pool: "shop", freshness: "strict" },
  ],
});
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

async function shopper(basket: string) {
  const client = site.client();
  await client.ask("/");
  await client.ask(`/?set=basket:${basket}`, { method: "POST" });
  await client.ask("/");
  return client;
}
const told = (event: string) =>
  site.moor.logged
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as { session: string; store: string });

describe("a store of sessions that comes back with older data", () => {
  it("is noticed by the visitors' tokens, told once for each session, and healed", async () => {
    const served = await shopper("tea");
    const refused = await shopper("milk");
    const untouched = await shopper("bread");
    const goBack = await rememberSessions(site.moor);
    for (const client of [served, refused]) await client.ask("/?set=basket:coffee", { method: "POST" });
    const lost = await shopper("cake");
    const ended = await shopper("salt");
    const otherTab = site.client(ended.cookies);
    await ended.ask("/?end=1", { method: "POST" });
    await goBack();

    const first = (await served.ask("/")).told.session;
    expect(first).toMatchObject({ stale: true, data: { basket: "tea" } });
    const second = (await served.ask("/")).told.session;
    expect(second).toMatchObject({ sid: first.sid, ver: first.ver, data: { basket: "tea" } });
    expect(second).not.toHaveProperty("stale");
    expect((await served.ask("/?set=basket:juice", { method: "POST" })).status).toBe(200);
    expect((await served.ask("/")).told.session).toMatchObject({ ver: first.ver + 1, data: { basket: "juice" } });

    expect((await refused.ask("/refuse/")).status).toBe(503);
    const healed = (await refused.ask("/refuse/")).told.session;
    expect(healed).toMatchObject({ data: { basket: "milk" } });
    expect(healed).not.toHaveProperty("stale");

    expect((await untouched.ask("/")).told.session).toMatchObject({ ver: 1, data: { basket: "bread" } });
    expect((await lost.ask("/")).told.session).toMatchObject({ ver: 0 });
    expect((await otherTab.ask("/")).told.session).toMatchObject({ ver: 0 });

    await expect.poll(() => told("authority_set_back")).toHaveLength(2);
    expect(told("authority_set_back").map(({ store }) => store)).toEqual([AUTHORITY, AUTHORITY]);
    await expect.poll(() => told("authority_lost")).toHaveLength(2);
    expect(site.indiscretions("coffee", "milk", "cake")).toEqual([]);
  });

  it("is not suspected of a session that was ended", async () => {
    const known = told("authority_lost").length;
    const client = await shopper("tea");
    const otherTab = site.client(client.cookies);
    await client.ask("/?end=1", { method: "POST" });
    expect((await otherTab.ask("/")).told.session).toMatchObject({ ver: 0 });
    expect(told("authority_lost")).toHaveLength(known);
  });
});
