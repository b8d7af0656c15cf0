/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { REDIS_PASSWORD, startRedisCluster } from "../../support/node/redis-processes.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const cluster = await startRedisCluster(3);
const names = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
const site = await startSite([origin], {
  stores: { authority: { type: "redis-tcp", nodes: names.slice(1) }, replicate: "off" },
  handoff: { dataBytes: 16_384 },
  texts: { MOOR_REDIS_URL: `redis://:${REDIS_PASSWORD}@${names[0]}` },
  routes: [{ path: "/*", pool: "shop", freshness: "strict", onStale: "refuse" }],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([origin.kill(), cluster.stop()]);
});

/** So many that each of three nodes has some of their sessions, but for a chance of 1e-10. */
const VISITORS = 60;

describe("a Worker whose sessions are in a Redis Cluster", () => {
  it("spreads them over its nodes, and keeps each change", async () => {
    const clients = Array.from({ length: VISITORS }, () => site.client());
    await Promise.all(
      clients.map(async (client, nth) => {
        await client.ask("/");
        expect((await client.ask(`/?set=basket:${nth}`, { method: "POST" })).status).toBe(200);
      }),
    );
    const counts = await Promise.all(cluster.nodes.map((node) => node.run("DBSIZE")));
    expect(counts.every((count) => Number(count) > 0)).toBe(true);
    const baskets = await Promise.all(clients.map(async (client) => (await client.ask("/")).told.session.data));
    expect(baskets).toEqual(clients.map((_, nth) => ({ basket: String(nth) })));
  });

  it("answers 503 for sessions of a node that is gone, and serves the others", async () => {
    const clients = Array.from({ length: VISITORS }, () => site.client());
    for (const client of clients) {
      await client.ask("/");
      await client.ask("/?set=basket:tea", { method: "POST" });
    }
    for (const node of cluster.nodes) await node.run("CONFIG", "SET", "cluster-require-full-coverage", "no");
    await cluster.nodes[2]?.kill();
    const statuses = new Set<number>();
    for (const client of clients) {
      const answer = await client.ask("/");
      statuses.add(answer.status);
      expect(answer.setCookies).toEqual([]);
      if (answer.status === 200) expect(answer.told.session.data).toEqual({ basket: "tea" });
    }
    expect(statuses).toEqual(new Set([200, 503]));
  });

  it("has no password in the log", () => expect(site.indiscretions(REDIS_PASSWORD)).toEqual([]));
});
