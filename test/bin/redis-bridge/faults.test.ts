/** @needs redis-server */
import { describe, expect, it, onTestFinished } from "vitest";
import { createRedisClient } from "../../../src/redis/client.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { entryOf, newId, recordOf, STORE_RING } from "../../store/redis/records.ts";
import { startRedisCluster, startRedisProcess, startWatchedRedis } from "../../support/node/redis-processes.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { redisAt, type StartedBridge, startTestBridge } from "./started.ts";

const fallbackBehind = ({ url, token }: StartedBridge) =>
  createRedisFallback({ url, token, seal: createSeal(STORE_RING), deadlineMs: 10_000 });
const healthOf = async ({ url }: StartedBridge) => (await fetch(`${url}/health`)).status;

describe("a bridge before one Redis", () => {
  it("throws away a connection that says nothing, answers 503 meanwhile, and works again at once afterwards", async () => {
    const redis = await startRedisProcess();
    onTestFinished(redis.stop);
    const link = await startTcpLink(redis.port);
    onTestFinished(link.stop);
    const bridge = await startTestBridge(redisAt([link.port]), { deadlineMs: 300 });
    onTestFinished(() => void bridge.stop());
    const fallback = fallbackBehind(bridge);
    const id = newId();
    expect(await fallback.keep(recordOf(id))).toMatchObject({ kind: "kept" });
    link.silence();
    expect(await fallback.read(id)).toMatchObject({ kind: "unavailable", cause: { code: "refused" } });
    expect(await healthOf(bridge)).toBe(503);
    link.speak();
    expect(await fallback.read(id)).toMatchObject({ kind: "found", record: { version: 1 } });
    expect(await healthOf(bridge)).toBe(200);
  });

  it("serves before Redis does, and after a restart of Redis", async () => {
    const redis = await startRedisProcess();
    const { port } = redis;
    const bridge = await startTestBridge(redisAt([port]), { deadlineMs: 300 });
    onTestFinished(() => void bridge.stop());
    const client = createRedisClient({ url: bridge.url, token: bridge.token, deadlineMs: 10_000 });
    await redis.kill();
    await expect(client.run(["TIME"])).rejects.toMatchObject({ code: "refused" });
    expect(await healthOf(bridge)).toBe(503);
    const again = await startRedisProcess({ port: String(port) });
    onTestFinished(async () => {
      await again.stop();
      await redis.stop();
    });
    await expect.poll(() => healthOf(bridge)).toBe(200);
  });
});

/** Appends changes of many sessions until it is stopped, and remembers those that were acknowledged. */
function write(bridge: StartedBridge) {
  const fallback = fallbackBehind(bridge);
  const acknowledged: { id: string; change: string }[] = [];
  let refused = 0;
  let isStopped = false;
  const writer = async () => {
    while (!isStopped) {
      const entry = entryOf(newId(), { expiresAt: Date.now() + 600_000 });
      const { kind } = await fallback.append(entry);
      if (kind === "appended") acknowledged.push({ id: entry.ref.id, change: entry.change.id });
      else refused += 1;
    }
  };
  const writers = [writer(), writer(), writer(), writer()];
  return {
    acknowledged,
    refused: () => refused,
    async stop() {
      isStopped = true;
      await Promise.all(writers);
    },
    /** The acknowledged changes that the journal does not hold. */
    async lost() {
      const lost: string[] = [];
      for (const { id, change } of acknowledged) {
        const found = await fallback.read(id);
        if (found.kind !== "found") throw found.cause;
        if (!found.entries.some((entry) => entry.change.id === change)) lost.push(change);
      }
      return lost;
    },
  };
}

describe("a bridge before a primary that Sentinels watch", () => {
  it("follows them to the promoted replica, and loses no change that the replica had", async () => {
    const watched = await startWatchedRedis();
    onTestFinished(watched.stop);
    const { primary, replica, sentinels, name } = watched;
    const bridge = await startTestBridge(
      redisAt(
        sentinels.map(({ port }) => port),
        "sentinel",
        name,
      ),
      {
        deadlineMs: 500,
      },
    );
    onTestFinished(() => void bridge.stop());
    const writing = write(bridge);
    await expect.poll(() => writing.acknowledged.length).toBeGreaterThan(100);
    // The link to the replica is at rest for a moment: a failover loses what it has not got.
    await writing.stop();
    await primary.run("WAIT", "1", "5000");
    primary.hang();
    expect(await healthOf(bridge)).toBe(503);
    await expect.poll(async () => String(await replica.run("INFO", "replication"))).toContain("role:master");
    await expect.poll(() => healthOf(bridge)).toBe(200);
    expect(await writing.lost()).toEqual([]);
    const after = write(bridge);
    await expect.poll(() => after.acknowledged.length).toBeGreaterThan(20);
    await after.stop();
    primary.goOn();
    expect(await after.lost()).toEqual([]);
    await expect.poll(async () => String(await primary.run("INFO", "replication"))).toContain("role:slave");
    expect(await after.lost()).toEqual([]);
  });
});

describe("a bridge before a Cluster", () => {
  it("follows slots that move, and loses no acknowledged change", async () => {
    const cluster = await startRedisCluster(3);
    onTestFinished(cluster.stop);
    const bridge = await startTestBridge(redisAt([cluster.nodes[0]?.port ?? 0], "cluster"));
    onTestFinished(() => void bridge.stop());
    const writing = write(bridge);
    await expect.poll(() => writing.acknowledged.length).toBeGreaterThan(100);
    for (let slot = 0; slot < 12; slot++) {
      const to = cluster.nodes[slot % 2 === 0 ? 1 : 2];
      if (to) await cluster.moveSlot(slot * 100, to);
    }
    const sofar = writing.acknowledged.length;
    await expect.poll(() => writing.acknowledged.length).toBeGreaterThan(sofar + 50);
    await writing.stop();
    expect(await writing.lost()).toEqual([]);
  });
});
