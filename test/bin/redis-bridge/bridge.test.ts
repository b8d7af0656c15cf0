/** @needs redis-server */
/** @quick */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { redisSentences } from "../../../bin/stores/redis.ts";
import { createRedisClient } from "../../../src/redis/client.ts";
import { createRedisRows } from "../../../src/row-stores/redis/redis-rows.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { entryOf, newId, recordOf, STORE_RING } from "../../store/redis/records.ts";
import { type RedisProcess, startRedisProcess } from "../../support/node/redis-processes.ts";
import { redisAt, type StartedBridge, startTestBridge, TOKENS } from "./started.ts";

const METRICS_TOKEN = "token-of-prometheus-0123456789-0123456789";
let redis: RedisProcess;
let bridge: StartedBridge;
beforeAll(async () => {
  redis = await startRedisProcess();
  bridge = await startTestBridge(redisAt([redis.port]), { metricsToken: METRICS_TOKEN, maxBodyBytes: 65_536 });
});
afterAll(async () => {
  await bridge.stop();
  await redis.stop();
});

async function post(body: unknown, { token = TOKENS[0] as string, path = "/", at = bridge } = {}) {
  const headers = { authorization: `Bearer ${token}` };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(at.url + path, { method: "POST", headers, body: text });
  return { status: response.status, body: (await response.json()) as { result?: unknown; error?: string } };
}

const metrics = async (token = METRICS_TOKEN) =>
  fetch(`${bridge.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });

describe("the user of Redis in docs/guide/redis-bridge.md", () => {
  it("may do all that Moor asks of the bridge, and nothing else", async () => {
    const guide = await readFile("docs/guide/redis-bridge.md", "utf8");
    const [, text = ""] = /^(ACL SETUSER moor [^`]+)```$/m.exec(guide) ?? [];
    const password = "password-of-that-user";
    await redis.run(...text.replace("PASSWORD", password).trim().split(/\s+/));
    const behind = redisAt([redis.port]);
    const own = await startTestBridge({ ...behind, address: { ...behind.address, username: "moor", password } });
    onTestFinished(() => void own.stop());
    const fallback = createRedisFallback({ url: own.url, token: own.token, seal: createSeal(STORE_RING) });
    const id = newId();
    const entry = entryOf(id);
    expect(await fallback.keep(recordOf(id))).toMatchObject({ kind: "kept" });
    expect(await fallback.append(entry)).toEqual({ kind: "appended" });
    expect(await fallback.read(id)).toMatchObject({ kind: "found", entries: [{}] });
    expect(await fallback.takeOver(id, [entry.change.id], recordOf(id))).toMatchObject({ kind: "kept" });
    expect(await fallback.pendingSets()).toMatchObject({ kind: "sets" });
    expect(await fallback.pending(0, 0, 1)).toMatchObject({ kind: "ids" });
    expect(await fallback.settled(id, Date.now() + 600_000)).toMatchObject({ kind: "forgotten" });
    const client = createRedisClient({ url: own.url, token: own.token, deadlineMs: 5_000 });
    const rows = createRedisRows({ run: client.eval, isMetered: true });
    const write = { seen: undefined, keepUntil: Date.now() + 60_000, dueAt: Date.now(), notAfter: Date.now() + 60_000 };
    const next = { tag: "tag", text: "text" };
    expect(await rows.write("session:aa", { ...write, next })).toEqual({ kind: "written" });
    expect(await rows.read("session:aa")).toMatchObject({ kind: "row" });
    expect(await rows.due(10)).toMatchObject({ kind: "names" });
    expect(await rows.write("session:aa", { ...write, seen: "tag", next: undefined })).toEqual({ kind: "written" });
    expect(await redisSentences(client)).toEqual([]);
    expect((await fetch(`${own.url}/health`)).status).toBe(200);
    const script = ["EVAL", "return redis.call('GET', 'secrets')", "1", "moor:a"];
    expect((await post(script, { at: own })).body.error).toMatch(/can't (run|access)/);
  });
});

describe("the bridge", () => {
  it.each(TOKENS)("takes each of its two tokens, so that one can be replaced: %s", async (token) => {
    expect(await post(["TIME"], { token })).toMatchObject({
      status: 200,
      body: { result: [expect.any(String), expect.any(String)] },
    });
  });

  it.each(["", "x", TOKENS.join(), TOKENS[0].slice(1), METRICS_TOKEN])("takes no other token: %j", async (token) => {
    expect(await post("no JSON", { token })).toEqual({ status: 401, body: { error: "ERR unauthorized" } });
  });

  it.each<[unknown]>([
    [["EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "moor:{a}:r"]],
    [["eval", "return 1", "2", "moor:{a}:r", "moor:{a}:j", "argument"]],
    [["zadd", "moor:pending:1", "GT", "1", "id"]],
    [["TIME"]],
    [["INFO", "replication"]],
    [["CONFIG", "GET", "maxmemory-policy"]],
  ])("runs what Moor sends: %j", async (command) => {
    expect((await post(command)).status).toBe(200);
  });

  it.each<[unknown]>([
    [["GET", "moor:{a}:r"]],
    [["SET", "moor:{a}:r", "x"]],
    [["FLUSHALL"]],
    [["KEYS", "*"]],
    [["EVAL", "return redis.call('FLUSHALL')", "0"]],
    [["EVAL", "return 1", "1", "session:a"]],
    [["EVAL", "return 1", "2", "moor:a", "other"]],
    [["EVAL", "return 1", "3", "moor:a"]],
    [["EVAL", "return 1", "-1", "moor:a"]],
    [["EVAL", "return 1", "x", "moor:a"]],
    [["ZADD", "pending", "1", "id"]],
    [["INFO"]],
    [["CONFIG", "GET", "*"]],
    [["CONFIG", "GET", "requirepass"]],
    [["CONFIG", "SET", "appendonly", "no"]],
    [["TIME", "moor:a"]],
  ])("runs nothing else: %j", async (command) => {
    await redis.run("SET", "kept", "yes");
    expect(await post(command)).toEqual({ status: 403, body: { error: "ERR Moor does not send this command" } });
    expect(await redis.run("GET", "kept")).toBe("yes");
  });

  it("passes an error of Redis on", async () => {
    expect(await post(["EVAL", "return redis.error_reply('OOM no room')", "1", "moor:a"])).toEqual({
      status: 400,
      body: { error: expect.stringContaining("OOM no room") },
    });
  });

  it.each([
    ["no JSON", 400],
    ["{}", 400],
    [JSON.stringify(["EVAL", "x".repeat(70_000), "1", "moor:a"]), 413],
  ])("answers a malformed body with an error", async (body, status) => {
    expect(await post(body)).toMatchObject({ status, body: { error: expect.stringMatching(/^ERR /) } });
  });

  it.each(["/pipeline", "/multi-exec", "/get/moor:a", "/metrics", "/?_token=x"])(
    "answers 404 at POST %s",
    async (path) => {
      expect((await post([["TIME"]], { path })).status).toBe(404);
    },
  );

  it("counts outcomes for Prometheus, which has a token of its own", async () => {
    expect((await metrics(TOKENS[0])).status).toBe(401);
    await post(["TIME"]);
    await post(["FLUSHALL"]);
    const text = await (await metrics()).text();
    expect(text).toMatch(/^moor_redis_bridge_requests_total\{outcome="answered"\} [1-9]/m);
    expect(text).toMatch(/^moor_redis_bridge_requests_total\{outcome="forbidden"\} [1-9]/m);
    expect(text).toMatch(/^moor_redis_bridge_request_seconds_bucket\{le="\+Inf"\} [1-9]/m);
    expect(text).toContain("moor_redis_bridge_requests_in_flight 0");
    for (const token of TOKENS) expect(text).not.toContain(token);
  });

  it("has no metrics without that token", async () => {
    const plain = await startTestBridge(redisAt([redis.port]));
    onTestFinished(() => void plain.stop());
    const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
    expect((await fetch(`${plain.url}/metrics`, { headers })).status).toBe(401);
  });

  it("answers 503 to requests beyond those that may wait for Redis", async () => {
    const narrow = await startTestBridge(redisAt([redis.port]), { maxConcurrent: 2 });
    onTestFinished(() => void narrow.stop());
    await post(["TIME"], { at: narrow });
    redis.hang();
    const waiting = [1, 2].map(() => post(["TIME"], { at: narrow }));
    await expect
      .poll(async () => (await post(["TIME"], { at: narrow })).body.error)
      .toBe("ERR too many requests wait for Redis");
    redis.goOn();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
