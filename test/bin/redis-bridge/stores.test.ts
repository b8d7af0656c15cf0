/** @needs redis-server */
import { afterAll, afterEach, beforeAll, describe, vi } from "vitest";
import { createRedisClient } from "../../../src/redis/client.ts";
import { createRedisRows } from "../../../src/row-stores/redis/redis-rows.ts";
import { redis as kind } from "../../../src/row-stores/redis.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { GAP_OF_A_REAL_CLOCK, testFallback } from "../../store/fallback.suite.ts";
import { STORE_RING } from "../../store/redis/records.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import {
  type RedisProcess,
  startRedisCluster,
  startRedisProcess,
  startWatchedRedis,
} from "../../support/node/redis-processes.ts";
import { redisAt, type StartedBridge, startTestBridge } from "./started.ts";

afterEach(() => vi.useRealTimers());

interface Behind {
  readonly redis: ReturnType<typeof redisAt>;
  /** The servers that hold keys. */
  readonly holders: readonly RedisProcess[];
  stop(): Promise<void>;
}

const BEHIND: Readonly<Record<string, () => Promise<Behind>>> = {
  "one Redis": async () => {
    const redis = await startRedisProcess();
    return { redis: redisAt([redis.port]), holders: [redis], stop: redis.stop };
  },
  "a Cluster of three": async () => {
    const cluster = await startRedisCluster(3);
    // The others are found by the first.
    return {
      redis: redisAt([cluster.nodes[0]?.port ?? 0], "cluster"),
      holders: cluster.nodes,
      stop: cluster.stop,
    };
  },
  "a primary that Sentinels watch": async () => {
    const watched = await startWatchedRedis();
    const ports = watched.sentinels.map(({ port }) => port);
    return { redis: redisAt(ports, "sentinel", watched.name), holders: [watched.primary], stop: watched.stop };
  },
};

describe.each(Object.entries(BEHIND))("a bridge before %s", (_name, start) => {
  let behind: Behind;
  let bridge: StartedBridge;
  beforeAll(async () => {
    behind = await start();
    bridge = await startTestBridge(behind.redis);
  });
  afterAll(async () => {
    await bridge?.stop();
    await behind?.stop();
  });

  const rowsAt = (url: string, isMetered: boolean) => {
    const client = createRedisClient({ url, token: bridge.token, deadlineMs: 10_000 });
    return createRedisRows({ run: client.eval, isMetered });
  };
  const nowhere = `http://127.0.0.1:${DEAD_PORT}`;

  testRowStore("Redis behind the bridge", {
    create: () => rowsAt(bridge.url, true),
    createUnreachable: () => rowsAt(nowhere, true),
    now: Date.now,
    gaps: gapsOf(kind.guarantees),
  });

  testAuthority("an authority on Redis behind the bridge", {
    create: () => createRowsWorld({ through: () => rowsAt(bridge.url, false) }).authority,
    createUnreachable: () => createRowsWorld({ through: () => rowsAt(nowhere, false) }).authority,
    setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
    gaps: [],
  });

  testFallback("Redis behind the bridge", {
    async create() {
      for (const holder of behind.holders) await holder.run("FLUSHALL");
      return createRedisFallback({
        url: bridge.url,
        token: bridge.token,
        seal: createSeal(STORE_RING),
        deadlineMs: 10_000,
      });
    },
    now: Date.now,
    gaps: [GAP_OF_A_REAL_CLOCK],
  });
});
