/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import type { Answer, Client } from "../../support/node/client.ts";
import { explained, type Stores, startStores } from "../../support/node/stores.ts";

const stores = await startStores({ stores: { backup: "sync" } });
const alone = await startStores({ redis: undefined });
afterAll(() => Promise.all([stores.stop(), alone.stop()]));

const post = (client: Client, query: string) => client.ask(`/?${query}`, { method: "POST" });

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
}

const NEITHER = "neither objects nor Redis can be reached";
const NONE = "no object can be reached, and there is no Redis";
/** `work`, meanwhile. */
const without: Record<string, (work: () => Promise<void>) => Promise<void>> = {
  [NEITHER]: (work) => stores.withoutRedis(() => stores.withoutObjects(work)),
  [NONE]: (work) => alone.withoutObjects(work),
};

describe.each<[string, Stores]>([
  [NEITHER, stores],
  [NONE, alone],
])("while %s", (what, { site, shopper }) => {
  const outage = without[what]!;

  it("no change is acknowledged, and no visitor is logged out", async () => {
    const client = await shopper();
    const token = client.token;
    await outage(async () => {
      for (const query of ["set=coupon:10", "login=alice", "end"]) expectUnavailable(await post(client, query));
    });
    expect(client.token).toBe(token);
    await expect.poll(async () => (await client.ask("/strict/")).status).toBe(200);
    expect((await client.ask("/strict/")).told.session).toMatchObject({ gen: 0, data: { basket: "tea" } });
  });

  it("the remaining copy is shown, marked as stale to the origin and in the log", async () => {
    const client = await shopper();
    await outage(async () => {
      const answer = await client.ask("/");
      expect(answer.told.session).toMatchObject({ stale: true, data: { basket: "tea" } });
      expect(explained(answer)).toMatch(/^session=memory; version=1; (age=\d+s; )?stale; /);
    });
    expect((await client.ask("/")).told.session.stale).toBe(undefined);
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"session_stale"');
  });

  it('503 answers instead on a route with onStale "refuse"', async () => {
    const client = await shopper();
    await outage(async () => expectUnavailable(await client.ask("/refuse/")));
    expect((await client.ask("/refuse/")).status).toBe(200);
  });

  it("503 answers when there is nothing left, which is never taken for a session that is missing", async () => {
    const client = await shopper();
    const token = client.token;
    await site.moor.crashAndRestart();
    await outage(async () => expectUnavailable(await client.ask("/")));
    expect(client.token).toBe(token);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });
});

it("a copy in memory answers, not stale, if it was vouched for a while after the visitor's token", async () => {
  const client = await alone.shopper();
  await expect.poll(async () => explained(await client.ask("/"))).toContain("session=memory");
  await without[NONE]!(async () => {
    const answer = await client.ask("/");
    expect(explained(answer)).toContain("session=memory; version=1");
    expect(answer.told.session).toMatchObject({ data: { basket: "tea" } });
    expect(answer.told.session.stale).toBe(undefined);
  });
});

describe("a backup that is behind, while no object can be reached", () => {
  /** A shopper with a coupon that neither the backup nor any isolate's memory knows. */
  async function withCoupon(): Promise<Client> {
    const client = await stores.shopper();
    await stores.redis.kill();
    expect((await post(client, "set=coupon:10")).status).toBe(200);
    await stores.site.moor.crashAndRestart(stores.redis.restart);
    return client;
  }

  it("is shown as stale, and the token still tells that its visitor has seen more", async () => {
    const client = await withCoupon();
    await stores.withoutObjects(async () => {
      const answer = await client.ask("/");
      expect(answer.told.session).toMatchObject({ stale: true, ver: 1, data: { basket: "tea" } });
      expect(explained(answer)).toMatch(/^session=redis; version=1; stale; /);
      expectUnavailable(await client.ask("/refuse/"));
    });
    expect((await client.ask("/refuse/")).told.session).toMatchObject({
      ver: 2,
      data: { basket: "tea", coupon: "10" },
    });
  });

  it("keeps no change from being acknowledged: no change is lost, and the older change is not undone", async () => {
    const client = await withCoupon();
    await stores.withoutObjects(async () => expect((await post(client, "set=more:1")).status).toBe(200));
    const data = { basket: "tea", coupon: "10", more: "1" };
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 3, data });
  });
});

it("explain tells every store that is not asked", async () => {
  const client = await stores.shopper();
  await without[NEITHER]!(async () => {
    for (let visit = 0; visit < 6; visit++) await client.ask("/");
    expect(explained(await client.ask("/"))).toContain("object=open; redis=open");
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  for (const { site } of [stores, alone]) expect(site.indiscretions("alice", "coupon", "basket", "tea")).toEqual([]);
});
