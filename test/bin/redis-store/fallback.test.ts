/** @needs redis-server */
/** @quick */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { journalKey, PENDING_SETS_KEY, pendingKey, pendingSetOf } from "../../../src/store/redis/limits.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { GAP_OF_A_REAL_CLOCK, testFallback } from "../../store/fallback.suite.ts";
import { entryOf, newId, STORE_RING } from "../../store/redis/records.ts";
import { run, startRedis } from "../local-redis/rest.ts";

const seal = createSeal(STORE_RING);
let redis: LocalRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function createOnEmptyRedis(): Promise<Fallback> {
  await run(redis, "FLUSHALL");
  return createRedisFallback({ url: redis.url, token: redis.token, seal, deadlineMs: 20_000 });
}

testFallback("Redis", {
  create: createOnEmptyRedis,
  now: Date.now,
  gaps: [GAP_OF_A_REAL_CLOCK],
});

describe("an append", () => {
  let fallback: Fallback;
  let id: string;
  beforeEach(async () => {
    fallback = await createOnEmptyRedis();
    id = newId();
  });
  const held = (key: string) => run(redis, "EXISTS", key);
  const isNoted = async () => (await run(redis, "ZSCORE", pendingKey(pendingSetOf(id)), id)) !== null;

  it("is noted, session and set, before the journal takes it", async () => {
    await run(redis, "SET", journalKey(id), "no list: the append fails");
    expect(await fallback.append(entryOf(id))).toMatchObject({ kind: "unavailable" });
    expect(await isNoted()).toBe(true);
    expect(await run(redis, "ZRANGE", PENDING_SETS_KEY, 0, -1)).toEqual([String(pendingSetOf(id))]);
  });

  it("does not reach the journal while its session cannot be noted", async () => {
    await run(redis, "SET", pendingKey(pendingSetOf(id)), "no sorted set: the note fails");
    expect(await fallback.append(entryOf(id))).toMatchObject({ kind: "unavailable" });
    expect(await held(journalKey(id))).toBe(0);
  });

  it("does not reach the journal while its set cannot be noted, and no failed note is remembered", async () => {
    await run(redis, "SET", PENDING_SETS_KEY, "no sorted set: the note fails");
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await fallback.append(entryOf(id))).toMatchObject({ kind: "unavailable" });
    }
    expect(await held(journalKey(id))).toBe(0);
    await run(redis, "DEL", PENDING_SETS_KEY);
    expect(await fallback.append(entryOf(id))).toEqual({ kind: "appended" });
    expect(await held(PENDING_SETS_KEY)).toBe(1);
  });
});

describe("the pending sets", () => {
  it.each(["64", "-1", "1.5", "REQUEST"])("with an invalid number are unreadable: %s", async (foreign) => {
    const fallback = await createOnEmptyRedis();
    await run(redis, "ZADD", PENDING_SETS_KEY, 1, foreign);
    expect(await fallback.pendingSets()).toMatchObject({ kind: "unavailable", cause: { code: "unreadable" } });
  });
});

describe("a fallback that cannot work", () => {
  it.each([
    [{ url: "", token: "t" }],
    [{ url: "redis://127.0.0.1", token: "t" }],
    [{ url: "https://", token: "t" }],
    [{ url: "https://redis.test", token: "" }],
    [{ url: "https://redis.test", token: "two words" }],
    [{ url: "https://redis.test", token: "line\n" }],
    [{ url: "https://redis.test", token: "t", deadlineMs: 0 }],
    [{ url: "https://redis.test", token: "t", deadlineMs: 60_001 }],
    [{ url: "https://redis.test", token: "t", deadlineMs: Number.NaN }],
  ])("is refused: %j", (options) => {
    expect(() => createRedisFallback({ ...options, seal })).toThrow(TypeError);
  });
});
