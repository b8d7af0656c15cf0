/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import type { Answer, Client } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { hang } from "../../support/node/redis.ts";
import { explained, startStores } from "../../support/node/stores.ts";

const sites = {
  strict: await startStores({ stores: { backup: "sync", strictBackup: true } }),
  sync: await startStores({ stores: { backup: "sync" } }),
  async: await startStores({ stores: { backup: "async" } }),
  off: await startStores({ stores: { backup: "off" } }),
};
const all = Object.values(sites);
afterAll(() => Promise.all(all.map((stores) => stores.stop())));

const post = (client: Client, query: string) => client.ask(`/?${query}`, { method: "POST" });
const idOfClient = (client: Client) => idOf(client.token ?? "");

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
  expect(JSON.parse(answer.text)).toMatchObject({ code: "session_unavailable" });
}

describe.each(["sync", "async", "off"] as const)("while Redis is dead, with backup %s", (backup) => {
  const { site, shopper, withoutRedis } = sites[backup];

  it("visitors read, change, log in and end as always, and nothing of it is lost", async () => {
    const [client, leaving] = [await shopper(), await shopper()];
    const thief = site.client(leaving.cookies);
    await withoutRedis(async () => {
      expect((await post(client, "set=coupon:10")).status).toBe(200);
      expect((await post(client, "login=alice")).status).toBe(200);
      expect((await client.ask("/")).told.session).toMatchObject({
        sub: "alice",
        data: { basket: "tea", coupon: "10" },
      });
      expect((await post(leaving, "end")).status).toBe(200);
    });
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice", data: { basket: "tea", coupon: "10" } });
    expect((await thief.send("/")).told.session.data).toBe(undefined);
  });
});

describe.each(["sync", "async"] as const)("when Redis is back, with backup %s", (backup) => {
  const { shopper, withoutRedis, backedUpVersion } = sites[backup];

  it("the backup follows with the next request that asks the object", async () => {
    const client = await shopper();
    await withoutRedis(() => post(client, "set=coupon:10"));
    await expect
      .poll(async () => {
        await client.ask("/strict/");
        return backedUpVersion(idOfClient(client));
      })
      .toBe(2);
  });
});

describe("while Redis is dead, with strictBackup", () => {
  const { shopper, withoutRedis } = sites.strict;

  it("503 refuses changes, which may have taken effect; reads of sessions with a backup go on", async () => {
    const client = await shopper();
    await withoutRedis(async () => {
      expect((await client.ask("/strict/")).told.session).toMatchObject({ ver: 1 });
      expectUnavailable(await post(client, "set=coupon:10"));
      expectUnavailable(await client.ask("/refuse/"));
    });
    await expect.poll(async () => (await client.ask("/strict/")).status).toBe(200);
    expect((await client.ask("/strict/")).told.session).toMatchObject({ ver: 2, data: { coupon: "10" } });
  });
});

describe.each(Object.keys(sites) as (keyof typeof sites)[])("a visitor whose journal cannot be read (%s)", (name) => {
  const { shopper, site, withoutObjects, withoutRedis } = sites[name];

  it("a session that needs Redis is answered 503 until Redis is back, and then with the data that it holds", async () => {
    const client = site.client();
    await client.ask("/");
    await withoutObjects(() => post(client, "set=coupon:10"));
    await withoutRedis(async () => {
      expectUnavailable(await client.ask("/"));
      expectUnavailable(await post(client, "set=coupon:20"));
    });
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ coupon: "10" });
  });

  it("an origin that changes such a session without its visitor is answered 503 as well", async () => {
    const client = await shopper();
    const handoff = (await client.ask("/")).told.headers["moor-session"];
    const patch = () =>
      site.client().ask("/.moor/session", {
        method: "PATCH",
        headers: { Authorization: `Bearer ${handoff}` },
        body: '{"basket":"mug"}',
      });
    await withoutRedis(async () => expectUnavailable(await patch()));
    await expect.poll(async () => (await patch()).status).toBe(200);
  });
});

describe("while Redis hangs", () => {
  /** The deadline of a command of Redis is a second. A timer may ring early by a little. */
  const DEADLINE_MS = 900;

  /** The milliseconds until a change is acknowledged. */
  async function tookMs(client: Client): Promise<number> {
    const began = performance.now();
    expect((await post(client, "set=coupon:10")).status).toBe(200);
    return performance.now() - began;
  }

  it.each(["off", "async"] as const)("a change with backup %s does not wait for Redis", async (name) => {
    const client = await sites[name].shopper();
    const goOn = await hang(sites[name].redis);
    // A busy machine may slow down a change. All three would be slow if they waited for Redis.
    const took = [await tookMs(client), await tookMs(client), await tookMs(client)];
    goOn();
    expect(Math.min(...took)).toBeLessThan(DEADLINE_MS);
  });

  it("a change with backup sync is acknowledged after the deadline of Redis", async () => {
    const client = await sites.sync.shopper();
    const goOn = await hang(sites.sync.redis);
    const took = await tookMs(client);
    goOn();
    expect(took).toBeGreaterThanOrEqual(DEADLINE_MS);
  });

  it("Redis is never taken for empty: no visitor is shown a session without its data", async () => {
    const { site, shopper, redis, withoutObjects } = sites.sync;
    const [stored, journaled] = [await shopper(), site.client()];
    await journaled.ask("/");
    await site.moor.crashAndRestart();
    await withoutObjects(async () => {
      await post(journaled, "set=coupon:10");
      const goOn = await hang(redis);
      for (const client of [stored, journaled]) expectUnavailable(await client.ask("/"));
      goOn();
    });
    await expect.poll(async () => explained(await stored.ask("/strict/"))).toContain("session=object");
    expect((await stored.ask("/")).told.session.data).toEqual({ basket: "tea" });
    expect((await journaled.ask("/")).told.session.data).toEqual({ coupon: "10" });
  });
});

it("the log tells when Redis is not asked any more, and when it is again", async () => {
  const { shopper, site, withoutRedis } = sites.async;
  const client = await shopper();
  const from = site.moor.logged.length;
  const events = () =>
    site.moor.logged.slice(from).flatMap((line) => /"event":"(store_[\w-]+)","store":"redis"/.exec(line)?.[1] ?? []);
  await withoutRedis(async () => {
    const eventsAfterChange = async () => {
      await post(client, "set=count:6");
      return events();
    };
    await expect.poll(eventsAfterChange).toContain("store_open");
  });
  await expect
    .poll(async () => {
      await post(client, "set=count:7");
      return events().at(-1);
    })
    .toBe("store_closed");
});

it("keeps keys, tokens, principals, attributes and Redis' token out of the log", () => {
  for (const { site } of all) expect(site.indiscretions("alice", "coupon", "basket", "tea")).toEqual([]);
});
