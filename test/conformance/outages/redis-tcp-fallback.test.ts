/** @needs redis-server openssl */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { type RedisServer, startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { startTlsFront } from "../../support/node/tls-front.ts";

const PASSWORD = "s3cret-password";
const port = await freePort();
const origin = await startOrigin("a");
const server = (await startRedisServer({ tcp: { port, password: PASSWORD }, survivesKill: true })) as RedisServer;
const link = await startTcpLink(port);

const siteAt = (address: string, certificate?: string) =>
  startSite([origin], {
    stores: { fallback: "redis-tcp", backup: "sync" },
    handoff: { dataBytes: 16_384 },
    watched: true,
    texts: { MOOR_REDIS_URL: address },
    ...(certificate !== undefined && { around: { certificate } }),
    routes: [{ path: "/*", pool: "shop", freshness: "strict" }],
  });
const site = await siteAt(`redis://:${PASSWORD}@127.0.0.1:${link.port}`);
afterAll(async () => {
  await site.stop();
  await link.stop();
  await Promise.all([origin.kill(), server.stop()]);
});

async function shopper(of = site) {
  const client = of.client();
  await client.ask("/");
  expect((await client.ask("/?set=basket:tea", { method: "POST" })).status).toBe(200);
  return client;
}

async function withoutObjects(work: () => Promise<void>, of = site): Promise<void> {
  await of.moor.objects.meet({ kind: "down" });
  try {
    await work();
  } finally {
    await of.moor.objects.meet(undefined);
  }
}

describe("Durable Objects whose fallback is a Redis by a socket", () => {
  it("are stood in for, and take the changes over afterwards, on sockets that nobody leaves open", async () => {
    const client = await shopper();
    expect(link.opened()).toBeGreaterThan(0);
    await withoutObjects(async () => {
      expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
      expect((await client.ask("/?set=coupon:10", { method: "POST" })).status).toBe(200);
      expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea", coupon: "10" });
    });
    const before = link.opened();
    await expect
      .poll(async () => {
        await site.moor.runScheduled();
        return (await client.ask("/")).told.session;
      })
      .toMatchObject({ data: { basket: "tea", coupon: "10" } });
    expect(link.opened()).toBeGreaterThan(before);
    await expect.poll(() => link.connections()).toBe(0);
  });

  it("acknowledge changes while a live connection to Redis says nothing, and back them up afterwards", async () => {
    const client = await shopper();
    link.silence();
    expect((await client.ask("/?set=coupon:10", { method: "POST" })).status).toBe(200);
    link.speak();
    await expect
      .poll(async () => {
        await client.ask("/");
        let data: unknown;
        await withoutObjects(async () => {
          data = (await client.ask("/")).told?.session.data;
        });
        return data;
      })
      .toEqual({ basket: "tea", coupon: "10" });
  });

  it("have no password in the log", () => {
    expect(site.indiscretions(PASSWORD)).toEqual([]);
    expect(link.sent()).toContain(PASSWORD);
  });

  it("reach it by TLS", async () => {
    const front = await startTlsFront(port);
    onTestFinished(front.stop);
    const secure = await siteAt(`rediss://:${PASSWORD}@localhost:${front.port}`, front.certificate);
    onTestFinished(() => secure.stop());
    const client = await shopper(secure);
    await withoutObjects(async () => {
      expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
    }, secure);
  });

  it("need an address for it", async () => {
    const broken = await startSite([origin], { stores: { fallback: "redis-tcp" }, broken: true });
    onTestFinished(() => broken.stop());
    expect(broken.moor.logged.join("\n")).toContain(
      'MOOR_REDIS_URL is not set; stores.fallback \\"redis-tcp\\" needs it.',
    );
  });
});
