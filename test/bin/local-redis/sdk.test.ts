/** @needs redis-server */
/** @quick */
import { Redis } from "@upstash/redis";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { run, startRedis } from "./rest.ts";

let redis: LocalRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => run(redis, "FLUSHALL"));

/** A client with the settings that a store needs: strings stay strings, a single attempt, a deadline that throws. */
function strictClient(deadlineMs = 5_000): Redis {
  return new Redis({
    url: redis.url,
    token: redis.token,
    automaticDeserialization: false,
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(deadlineMs),
  });
}

function plainClient(): Redis {
  return new Redis({ url: redis.url, token: redis.token });
}

describe.each([
  { settings: "strict settings", newClient: () => strictClient(), hgetall: ["name", "Zoë"], hmget: ["Zoë", null] },
  { settings: "its defaults", newClient: plainClient, hgetall: { name: "Zoë" }, hmget: { name: "Zoë", none: null } },
])("@upstash/redis with $settings", ({ newClient, hgetall, hmget }) => {
  let client: Redis;

  beforeEach(() => {
    client = newClient();
  });

  it("sets and gets", async () => {
    expect(await client.set("key", "Zoë", { ex: 60 })).toBe("OK");
    expect(await client.get("key")).toBe("Zoë");
    expect(await client.get("none")).toBe(null);
    expect(await client.incrby("counter", 3)).toBe(3);
    expect(await client.ttl("key")).toBeGreaterThan(50);
  });

  it("reads lists, hashes and sorted sets", async () => {
    await client.rpush("list", "a", "OK", "é");
    await client.hset("hash", { name: "Zoë" });
    await client.zadd("sorted", { score: 2, member: "b" }, { score: 1, member: "a" });
    expect(await client.lrange("list", 0, -1)).toEqual(["a", "OK", "é"]);
    expect(await client.hmget("hash", "name", "none")).toEqual(hmget);
    expect(await client.hgetall("hash")).toEqual(hgetall);
    expect(await client.zrange("sorted", 0, -1)).toEqual(["a", "b"]);
    expect(await client.scan(0, { match: "li*", count: 100 })).toEqual(["0", ["list"]]);
  });

  it("does many things at once, each with its own answer", async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
    await Promise.all(keys.map((key) => client.set(key, `value of ${key}`)));
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys.map((key) => `value of ${key}`));
  });

  it("runs a pipeline, and is told which of it failed", async () => {
    const pipeline = client.pipeline().set("key", "value").lpush("key", "x").get("key");
    const [set, push, get] = await pipeline.exec({ keepErrors: true });
    expect(set.result).toBe("OK");
    expect(push.error).toMatch(/^WRONGTYPE/);
    expect(get.result).toBe("value");
    await expect(client.pipeline().lpush("key", "x").exec()).rejects.toThrow(/Command 1 .*WRONGTYPE/);
  });

  it("runs a transaction", async () => {
    expect(await client.multi().set("key", "value").incr("counter").get("key").exec()).toEqual(["OK", 1, "value"]);
  });

  it("runs scripts by text and by hash, with arrays in arrays", async () => {
    const script = "return {redis.call('SET', KEYS[1], ARGV[1]), 'OK', {ARGV[1], {'OK', 3, false}}, {}}";
    const result = ["OK", "OK", ["Zoë\u0000", ["OK", 3, null]], []];
    expect(await client.eval(script, ["key"], ["Zoë\u0000"])).toEqual(result);
    const sha = await client.scriptLoad(script);
    expect(sha).toMatch(/^[0-9a-f]{40}$/);
    expect(await client.evalsha(sha, ["key"], ["Zoë\u0000"])).toEqual(result);
    expect(await client.scriptExists(sha)).toEqual([1]);
    await expect(client.evalsha("0".repeat(40), [], [])).rejects.toThrow(/NOSCRIPT/);
  });

  it("is told that Redis is down, and goes on when it is back", async () => {
    await redis.kill();
    await expect(client.get("key")).rejects.toThrow(/Redis cannot be reached/);
    await expect(client.multi().get("key").exec()).rejects.toThrow(/Redis cannot be reached/);
    await expect(client.eval("return 1", [], [])).rejects.toThrow(/Redis cannot be reached/);
    await redis.restart();
    expect(await client.set("key", "value")).toBe("OK");
  });

  it("gives a script that a restarted Redis no longer knows anew", async () => {
    const script = client.createScript<string>("return ARGV[1]");
    expect(await script.exec([], ["before"])).toBe("before");
    await redis.restart();
    expect(await script.exec([], ["after"])).toBe("after");
  });

  it("is refused with another token", async () => {
    const stranger = new Redis({ url: redis.url, token: `${redis.token}x` });
    await expect(stranger.get("key")).rejects.toThrow(/unauthorized/);
  });
});

describe("@upstash/redis with strict settings", () => {
  it("gets back every text as it was given, at any depth", async () => {
    const client = strictClient();
    const script = "redis.call('SET', KEYS[1], ARGV[1]) return {ARGV[1], {ARGV[1], {ARGV[1]}}}";
    // The SDK decodes UTF-8 with a TextDecoder, which drops a byte order mark at the beginning.
    const text = fc.string({ unit: "binary", maxLength: 200 }).filter((value) => !value.startsWith("\ufeff"));
    await fc.assert(
      fc.asyncProperty(text, text, async (key, value) => {
        expect(await client.eval(script, [key], [value])).toEqual([value, [value, [value]]]);
        expect(await client.get(key)).toBe(value);
        expect(await client.multi().get(key).mget(key, key).exec()).toEqual([value, [value, value]]);
      }),
      {
        numRuns: 200,
        examples: [
          ["key", "OK"],
          ["key", "T0s="],
          ["key", "12345678901234567890"],
          ["", '{"a":1}'],
        ],
      },
    );
  });

  it("throws at its deadline and takes nothing back", async () => {
    const hasty = strictClient(100);
    const slowSet =
      "local s = redis.call('TIME') repeat local n = redis.call('TIME') until (n[1]-s[1])*1000000+n[2]-s[2] > 200000 " +
      "return redis.call('SET', KEYS[1], 'done')";
    await expect(hasty.eval(slowSet, ["key"], [])).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await strictClient().get("key")).toBe("done");
    expect(await hasty.get("key")).toBe("done");
  });
});
