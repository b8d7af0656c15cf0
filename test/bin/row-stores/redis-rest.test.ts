/** @needs redis-server */
/** @quick */
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { createRedisClient } from "../../../src/redis/client.ts";
import { createRedisRows } from "../../../src/row-stores/redis/redis-rows.ts";
import { redis as kind } from "../../../src/row-stores/redis.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { startRedis } from "../local-redis/rest.ts";

let redis: LocalRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => vi.useRealTimers());

function rowsAt({ url, token }: { url: string; token: string }, isMetered = true) {
  const client = createRedisClient({ url, token, deadlineMs: 30_000 });
  return createRedisRows({ run: client.eval, isMetered });
}

const nowhere = () => ({ url: "http://127.0.0.1:9", token: "token" });

testRowStore("Redis by REST", {
  create: () => rowsAt(redis),
  createUnreachable: () => rowsAt(nowhere()),
  now: Date.now,
  gaps: gapsOf(kind.guarantees),
});

// Fifty parallel changes of one session need more attempts than a request at Cloudflare should make.
testAuthority("an authority on Redis by REST", {
  create: () => createRowsWorld({ through: () => rowsAt(redis, false) }).authority,
  createUnreachable: () => createRowsWorld({ through: () => rowsAt(nowhere()) }).authority,
  // The clock of Redis goes on, decades behind: the times of a write are told by the clock of Redis.
  setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
  gaps: [],
});
