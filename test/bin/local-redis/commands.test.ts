/** @needs redis-server */
/** @quick */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { post, run, startRedis } from "./rest.ts";

let redis: LocalRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => run(redis, "FLUSHALL"));

const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";

describe("a command", () => {
  it.each([
    ["a string", ["SET", "key", "value"], "OK"],
    ["text that is not ASCII", ["ECHO", "Zoë 🙂\u0000\n"], "Zoë 🙂\u0000\n"],
    ["an integer", ["INCRBY", "counter", 41], 41],
    ["nothing", ["GET", "none"], null],
    ["nothing of nothing", ["EVAL", "return {}", 0], []],
    ["arrays in arrays", ["EVAL", "return {1, false, {'a', {ARGV[1], {}}}}", 0, "b"], [1, null, ["a", ["b", []]]]],
    ["an error within", ["EVAL", "return {1, redis.error_reply('ERR no')}", 0], [1, { error: "ERR no" }]],
  ])("is answered with %s", async (_, command, result) => {
    expect(await post(redis, "/", command)).toMatchObject({ status: 200, body: { result } });
  });

  it("may have numbers and booleans for arguments", async () => {
    await run(redis, "RPUSH", "list", 1, -2.5, true, false, "1");
    expect(await run(redis, "LRANGE", "list", 0, -1)).toEqual(["1", "-2.5", "true", "false", "1"]);
  });

  it("is answered 400 with Redis's error", async () => {
    await run(redis, "SET", "key", "value");
    expect(await post(redis, "/", ["LPUSH", "key", "x"])).toMatchObject({ status: 400, body: { error: WRONG_TYPE } });
    expect(await post(redis, "/", ["NONSENSE"])).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^ERR unknown command/) },
    });
  });

  it("that takes long holds up no other", async () => {
    const answered: string[] = [];
    const slow = run(redis, "WAIT", 1, 300).then(() => answered.push("slow"));
    const others = Array.from({ length: 20 }, () => run(redis, "INCR", "counter").then(() => answered.push("other")));
    await Promise.all([slow, ...others]);
    expect(answered).toEqual([...Array(20).fill("other"), "slow"]);
  });

  it("is done though its client has left", async () => {
    const script =
      "local t = redis.call('TIME') repeat local n = redis.call('TIME') until (n[1]-t[1])*1e6+n[2]-t[2] > 2e5 redis.call('SET', KEYS[1], 'done')";
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${redis.token}` },
      body: JSON.stringify(["EVAL", script, 1, "key"]),
    };
    await expect(fetch(redis.url, { ...init, signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
    expect(await run(redis, "GET", "key")).toBe("done");
  });
});

describe("a pipeline", () => {
  it("is answered in order, and a command that fails does not stop the others", async () => {
    const answer = await post(redis, "/pipeline", [
      ["SET", "a", 1],
      ["LPUSH", "a", "x"],
      ["INCR", "a"],
      ["GET", "none"],
    ]);
    const body = [{ result: "OK" }, { error: WRONG_TYPE }, { result: 2 }, { result: null }];
    expect(answer).toMatchObject({ status: 200, body });
  });

  it("may be long, and its answer too", async () => {
    const value = "v".repeat(1_000);
    const commands = Array.from({ length: 5_000 }, (_, i) => ["SET", `key-${i}`, value, "GET"]);
    expect((await post(redis, "/pipeline", commands)).body).toEqual(commands.map(() => ({ result: null })));
    expect((await post(redis, "/pipeline", commands)).body).toEqual(commands.map(() => ({ result: value })));
  });
});

describe("a transaction", () => {
  it("is answered in order, and a command that fails undoes no other", async () => {
    const commands = [
      ["SET", "a", 1],
      ["LPUSH", "a", "x"],
      ["INCR", "a"],
    ];
    const body = [{ result: "OK" }, { error: WRONG_TYPE }, { result: 2 }];
    expect(await post(redis, "/multi-exec", commands)).toMatchObject({ status: 200, body });
  });

  it("with a command that Redis does not accept is discarded, and says why", async () => {
    const error = "ERR wrong number of arguments for 'get' command";
    const answer = await post(redis, "/multi-exec", [["SET", "a", 1], ["GET"], ["SET", "b", 2]]);
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await run(redis, "EXISTS", "a", "b")).toBe(0);
    expect(await post(redis, "/multi-exec", [["SET", "a", 1]])).toMatchObject({
      status: 200,
      body: [{ result: "OK" }],
    });
  });

  it("lets nothing come between its commands", async () => {
    const twice = Array.from({ length: 50 }, () =>
      post(redis, "/multi-exec", [["INCR", "n"], ["PING"], ["INCR", "n"]]),
    );
    const once = Array.from({ length: 50 }, () => post(redis, "/", ["INCR", "n"]));
    await Promise.all(once);
    for (const { body } of await Promise.all(twice)) {
      const [first, , second] = body as { result: number }[];
      expect(second?.result).toBe((first?.result ?? 0) + 1);
    }
    expect(await run(redis, "GET", "n")).toBe("150");
  });
});

describe("a command that is not for REST", () => {
  it.each([
    ["SELECT", 1],
    ["multi"],
    ["SUBSCRIBE", "news"],
    ["CLIENT", "REPLY", "OFF"],
    ["HELLO", 3],
    ["BLPOP", "list", 0],
  ])("is refused as one that Redis does not know: %s", async (...command) => {
    const error = expect.stringMatching(`^ERR unknown command '${command[0]} over REST'`);
    expect(await post(redis, "/", command)).toMatchObject({ status: 400, body: { error } });
    expect(await post(redis, "/pipeline", [["SET", "a", 1], command, ["GET", "a"]])).toMatchObject({
      status: 200,
      body: [{ result: "OK" }, { error }, { result: "1" }],
    });
    const discarded = await post(redis, "/multi-exec", [["SET", "b", 1], command]);
    expect(discarded).toMatchObject({ status: 400, body: { error } });
    expect(await run(redis, "GET", "b")).toBe(null);
  });
});

describe("Upstash-Encoding: base64", () => {
  const encoded = (path: string, body: unknown) => post(redis, path, body, { "upstash-encoding": "base64" });

  it("shows every string in base64, however deep, and nothing else", async () => {
    const script =
      "return {ARGV[1], 7, false, {ARGV[1], {'', redis.error_reply('ERR no')}}, redis.status_reply('fine')}";
    const result = ["w6k=", 7, null, ["w6k=", ["", { error: "ERR no" }]], "ZmluZQ=="];
    expect((await encoded("/", ["EVAL", script, 0, "é"])).body).toEqual({ result });
  });

  it("leaves a result OK as it is, and encodes a result inside an array in base64", async () => {
    const commands = [
      ["SET", "key", "OK"],
      ["GET", "key"],
      ["MGET", "key"],
      ["LPUSH", "key", "x"],
    ];
    const items = [{ result: "OK" }, { result: "OK" }, { result: ["T0s="] }, { error: WRONG_TYPE }];
    expect((await encoded("/pipeline", commands)).body).toEqual(items);
    expect((await encoded("/multi-exec", commands)).body).toEqual(items);
  });

  it("shows bytes that are no text, which are replaced without it", async () => {
    const bytes = ["EVAL", "return '\\255\\0\\128'", 0];
    expect((await encoded("/", bytes)).body).toEqual({ result: Buffer.from([255, 0, 128]).toString("base64") });
    expect(await run(redis, ...(bytes as string[]))).toBe("\ufffd\0\ufffd");
  });
});
