/** @needs redis-server */
/** @quick */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startUpstashBridge } from "../../../bin/local-redis/bridge.ts";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { ask, post, run, startRedis } from "./rest.ts";

const ENDPOINTS = [
  { path: "/", body: ["SET", "key", "changed"] },
  { path: "/pipeline", body: [["SET", "key", "changed"]] },
  { path: "/multi-exec", body: [["SET", "key", "changed"]] },
];

let redis: LocalRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => run(redis, "FLUSHALL"));

describe("the token", () => {
  it.each(ENDPOINTS)("is asked for at $path, and nothing is done without it", async ({ path, body }) => {
    await run(redis, "SET", "key", "as it was");
    const { token } = redis;
    const wrong = [
      "",
      token,
      "Bearer",
      "Bearer ",
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}x`,
      `Basic ${token}`,
    ];
    for (const authorization of wrong) {
      const answer = await post(redis, path, body, { authorization });
      expect(answer, authorization).toMatchObject({ status: 401, body: { error: "ERR unauthorized" } });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
    const without = await ask(`${redis.url}${path}?_token=${token}`, { method: "POST", body: JSON.stringify(body) });
    expect(without.status).toBe(401);
    expect(await run(redis, "GET", "key")).toBe("as it was");
    expect((await post(redis, path, body)).status).toBe(200);
    expect(await run(redis, "GET", "key")).toBe("changed");
  });

  it("is asked for before anything else is said of a request", async () => {
    expect((await ask(`${redis.url}/nowhere`, {})).status).toBe(401);
    expect((await ask(redis.url, { method: "POST", body: "no JSON" })).status).toBe(401);
  });

  it("cannot be empty", async () => {
    await expect(startUpstashBridge({ redis: { path: redis.socket }, token: "" })).rejects.toThrow(TypeError);
  });
});

describe("a malformed request", () => {
  it.each(["/set/key/value", "/pipeline/", "/multi", "/subscribe/news"])("is answered 404 at %s", async (path) => {
    expect(await post(redis, path, [])).toMatchObject({ status: 404, body: { error: "ERR not found" } });
  });

  it.each(["GET", "PUT", "DELETE", "OPTIONS"])("is answered 405 for %s", async (method) => {
    const answer = await ask(`${redis.url}/pipeline`, { method, headers: { authorization: `Bearer ${redis.token}` } });
    expect(answer).toMatchObject({ status: 405, body: { error: "ERR the method is POST" } });
    expect(answer.headers.get("allow")).toBe("POST");
  });

  it.each([
    ["nothing", ""],
    ["no JSON", '["SET", "key"'],
    ["no UTF-8", Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)],
  ])("is answered 400 for a body that is %s", async (_, body) => {
    const answer = await ask(redis.url, { method: "POST", headers: { authorization: `Bearer ${redis.token}` }, body });
    expect(answer).toMatchObject({ status: 400, body: { error: "ERR the body is no JSON" } });
  });

  it.each([{}, null, "PING", [], [["PING"]], [1, 2], ["GET", null], ["SET", "key", {}], ["DEL", ["a"]]])(
    "is answered 400 for the command %j",
    async (body) => {
      expect(await post(redis, "/", body)).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^ERR a command is/) },
      });
    },
  );

  it.each(["/pipeline", "/multi-exec"])("is answered 400 at %s, and no part of it is executed", async (path) => {
    for (const body of [
      {},
      [],
      ["PING"],
      [["SET", "key", "value"], []],
      [
        ["SET", "key", "value"],
        ["GET", null],
      ],
    ]) {
      expect(await post(redis, path, body)).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^ERR/) },
      });
    }
    expect(await run(redis, "EXISTS", "key")).toBe(0);
  });

  it("is answered 413 above 10 MiB, however it is sent", async () => {
    const largest = 10 * 1024 * 1024 - JSON.stringify(["SET", "key", ""]).length;
    expect(await run(redis, "SET", "key", "x".repeat(largest))).toBe("OK");
    expect(await run(redis, "STRLEN", "key")).toBe(largest);
    const refused = { status: 413, body: { error: "ERR a body has at most 10485760 bytes" } };
    expect(await post(redis, "/", ["SET", "key", "x".repeat(largest + 1)])).toMatchObject(refused);
    const stream = new Blob([JSON.stringify(["SET", "key", "x".repeat(2 * largest)])]).stream();
    const init = { method: "POST", headers: { authorization: `Bearer ${redis.token}` }, body: stream, duplex: "half" };
    expect(await ask(redis.url, init as RequestInit)).toMatchObject(refused);
    expect(await run(redis, "STRLEN", "key")).toBe(largest);
  });
});

describe("the bridge", () => {
  it.each(ENDPOINTS)("answers 503 at $path while there is no Redis, and not after that", async ({ path, body }) => {
    await redis.kill();
    const answer = await post(redis, path, body);
    expect(answer).toMatchObject({ status: 503, body: { error: "ERR Redis cannot be reached" } });
    await redis.restart();
    expect((await post(redis, path, body)).status).toBe(200);
  });

  it("answers 503 to requests that wait for a Redis that is lost", async () => {
    const waiting = Array.from({ length: 10 }, () => post(redis, "/", ["WAIT", 1, 10_000]));
    await untilBlocked(10);
    await redis.kill();
    const error = "ERR Redis was lost; what it was asked may have been done";
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ status: 503, body: { error } });
    await redis.restart();
    expect(await run(redis, "PING")).toBe("PONG");
  });

  it("listens at 127.0.0.1 only", async () => {
    expect(await listenersAt(Number(new URL(redis.url).port))).toEqual(["127.0.0.1"]);
  });

  it("tells a client where in time it is, as Upstash does", async () => {
    const token = async (sent: string) =>
      (await post(redis, "/", ["PING"], { "upstash-sync-token": sent })).headers.get("upstash-sync-token");
    expect(await token("abc")).toBe("abc");
    expect(await token("")).toMatch(/./);
  });

  it("answers nothing once it is stopped, and waiting requests are released", async () => {
    const bridge = await startUpstashBridge({ redis: { path: redis.socket }, token: "t" });
    const address = { url: bridge.url, token: "t" };
    const waiting = expect(post(address, "/", ["WAIT", 1, 10_000])).rejects.toThrow("fetch failed");
    await untilBlocked(1);
    await bridge.stop();
    await waiting;
    await expect(post(address, "/", ["PING"])).rejects.toThrow("fetch failed");
    await untilBlocked(0);
    await bridge.stop();
  });
});

/** Resolves when so many requests wait for an answer of Redis. */
async function untilBlocked(count: number): Promise<void> {
  const look = async () => expect(await run(redis, "INFO", "clients")).toContain(`blocked_clients:${count}\r\n`);
  await vi.waitFor(look, { timeout: 60_000, interval: 10 });
}

/** The addresses on which a server listens at a port. */
async function listenersAt(port: number): Promise<string[]> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  return tables.flatMap((table) =>
    Array.from(table.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm))
      .filter(([, , found]) => found === hexPort)
      .map(([, address = ""]) => (address === "0100007F" ? "127.0.0.1" : address)),
  );
}
