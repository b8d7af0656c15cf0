/** @needs redis-server openssl */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { type RedisServer, startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { startTlsFront } from "../../support/node/tls-front.ts";

const PASSWORD = "s3cret";
const port = await freePort();
const origin = await startOrigin("a");
const server = (await startRedisServer({ tcp: { port, password: PASSWORD }, survivesKill: true })) as RedisServer;
const link = await startTcpLink(port);

const siteAt = (address: string, certificate?: string) =>
  startSite([origin], {
    stores: { authority: { type: "redis-tcp" }, replicate: "off" },
    handoff: { dataBytes: 16_384 },
    texts: { MOOR_REDIS_URL: address },
    ...(certificate !== undefined && { around: { certificate } }),
    routes: [{ path: "/*", pool: "shop", freshness: "strict", onStale: "refuse" }],
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

describe("a Worker whose sessions are in a Redis by a socket", () => {
  it("opens one connection for a request, and leaves none behind", async () => {
    const client = await shopper();
    const before = link.opened();
    expect((await client.ask("/?set=basket:milk", { method: "POST" })).status).toBe(200);
    expect(link.opened() - before).toBe(1);
    await expect.poll(() => link.connections()).toBe(0);
  });

  it("keeps parallel changes of a session", async () => {
    const client = await shopper();
    const names = Array.from({ length: 20 }, (_, nth) => `n${nth}`);
    const answers = await Promise.all(names.map((name) => client.ask(`/?set=${name}:1`, { method: "POST" })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    const { data } = (await client.ask("/")).told.session;
    expect(data).toEqual({ basket: "tea", ...Object.fromEntries(names.map((name) => [name, "1"])) });
  });

  it("answers 503 while a live connection says nothing, logs nobody out, and goes on afterwards", async () => {
    const client = await shopper();
    link.silence();
    const read = await client.ask("/");
    expect([read.status, read.setCookies]).toEqual([503, []]);
    link.speak();
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("loses no acknowledged change when Redis is killed", async () => {
    const client = await shopper();
    await server.kill();
    expect((await client.ask("/")).status).toBe(503);
    await server.restart();
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("has no password in the log", () => {
    expect(site.indiscretions(PASSWORD)).toEqual([]);
    expect(link.sent()).toContain(PASSWORD);
  });

  it("is reached by TLS, and only if its certificate is trusted", async () => {
    const front = await startTlsFront(port);
    onTestFinished(front.stop);
    const address = `rediss://:${PASSWORD}@localhost:${front.port}`;
    const trusting = await siteAt(address, front.certificate);
    onTestFinished(() => trusting.stop());
    expect((await (await shopper(trusting)).ask("/")).told.session.data).toEqual({ basket: "tea" });
    const wary = await siteAt(address);
    onTestFinished(() => wary.stop());
    const client = wary.client();
    await client.ask("/");
    expect((await client.ask("/?set=basket:tea", { method: "POST" })).status).toBe(503);
  });
});
