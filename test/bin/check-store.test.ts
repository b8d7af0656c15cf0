/** @needs postgresql redis-server memcached */
import { describe, expect, it, onTestFinished } from "vitest";
import { startRedisServer } from "../../bin/local-redis/redis-server.ts";
import { auditWarnings } from "../../bin/stores/audit.ts";
import { ROW_BYTES } from "../../bin/stores/redis.ts";
import { openInNode } from "../../bin/stores/redis-tcp.ts";
import type { AuthorityConfig } from "../../src/config/types.ts";
import { createRedisClient } from "../../src/redis/client.ts";
import { connectToRedis, readRedisAddress } from "../../src/redis/tcp-client.ts";
import { createRedisRows } from "../../src/row-stores/redis/redis-rows.ts";
import { pool, resolved } from "../config/configs.ts";
import { createRowsWorld } from "../rows/rows-world.ts";
import { newId } from "../store/redis/records.ts";
import { startMemcached } from "../support/node/memcached.ts";
import { DEAD_PORT, freePort } from "../support/node/ports.ts";
import { startPostgres } from "../support/node/postgres.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { run, startRedis } from "./local-redis/rest.ts";
import { createProject } from "./project.ts";

async function told(authority: AuthorityConfig, environment: Record<string, string>): Promise<string[]> {
  const config = resolved({ pools: [pool()], stores: { authority } });
  const warnings = await auditWarnings(config, environment);
  expect(warnings.every(({ path }) => path === "stores.authority")).toBe(true);
  const texts = warnings.map(({ text }) => text);
  for (const secret of Object.values(environment)) expect(texts.join("\n")).not.toContain(secret);
  return texts;
}

describe("moor check --deploy asks Postgres", () => {
  it("and has nothing to say of one that keeps everything", async () => {
    const server = await startPostgres();
    onTestFinished(server.stop);
    expect(await told({ type: "postgres" }, { MOOR_POSTGRES: server.url })).toEqual([]);
  });

  it("and says what its settings give up, for each of several databases", async () => {
    const settings = {
      fsync: "off",
      full_page_writes: "off",
      synchronous_commit: "off",
      default_transaction_read_only: "on",
    };
    const [lax, right] = await Promise.all([startPostgres(), startPostgres()]);
    onTestFinished(() => Promise.all([lax.stop(), right.stop()]).then(() => {}));
    await lax.sql.unsafe("DROP TABLE moor_rows");
    for (const [name, value] of Object.entries(settings)) await lax.sql.unsafe(`ALTER SYSTEM SET ${name} = ${value}`);
    await lax.sql.unsafe("SELECT pg_reload_conf()");
    await expect.poll(async () => (await lax.sql.unsafe("SHOW fsync"))[0]).toEqual({ fsync: "off" });
    const found = await told({ type: "postgres", bindings: ["ONE", "TWO"] }, { ONE: right.url, TWO: lax.url });
    expect(found.map((text) => text.split(":").slice(0, 3).join(":"))).toEqual([
      "postgres: TWO: the table moor_rows is missing",
      "postgres: TWO: default_transaction_read_only is on",
      "postgres: TWO: fsync is off",
      "postgres: TWO: full_page_writes is off",
      "postgres: TWO: synchronous_commit is off",
    ]);
  });
});

describe("moor check --deploy asks Redis", () => {
  it("and says what its settings give up", async () => {
    const redis = await startRedis({ survivesKill: true });
    onTestFinished(redis.stop);
    const environment = { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token };
    expect(await told({ type: "redis" }, environment)).toEqual([]);
    await run(redis, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    await run(redis, "CONFIG", "SET", "appendfsync", "everysec");
    const lax = await told({ type: "redis" }, environment);
    expect(lax).toEqual([
      expect.stringMatching(/^redis: maxmemory-policy is allkeys-lru: /),
      expect.stringMatching(/^redis: appendfsync is everysec: /),
    ]);
    await run(redis, "CONFIG", "SET", "appendonly", "no");
    expect((await told({ type: "redis" }, environment))[1]).toMatch(/^redis: appendonly is no: /);
  });
});

describe("moor check --deploy asks a Redis by a socket", () => {
  it("and says what its settings give up", async () => {
    const port = await freePort();
    const server = await startRedisServer({ survivesKill: true, tcp: { port, password: "the password" } });
    onTestFinished(async () => server?.stop());
    const environment = { MOOR_REDIS_URL: `redis://:the%20password@127.0.0.1:${port}` };
    const lax = ["redis-tcp: maxmemory-policy is allkeys-lru: "];
    expect(await told({ type: "redis-tcp" }, environment)).toEqual([]);
    expect(await told({ type: "redis-tcp", waitReplicas: 1 }, environment)).toEqual([
      expect.stringMatching(/^redis-tcp: it has 0 replicas, and waitReplicas asks for 1: /),
    ]);
    const address = readRedisAddress(environment.MOOR_REDIS_URL);
    if (!address) throw new Error("the address has another form");
    const connection = connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });
    await connection.run(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    connection.end();
    expect(await told({ type: "redis-tcp" }, environment)).toEqual(lax.map((text) => expect.stringContaining(text)));
  });
});

describe("moor check --deploy asks memcached", () => {
  it("and says what its settings give up", async () => {
    const [strict, lax] = await Promise.all([
      startMemcached(),
      startMemcached(["-I", "64k", "-o", "slab_chunk_max=16384"]),
    ]);
    onTestFinished(() => Promise.all([strict.stop(), lax.stop()]).then(() => {}));
    const at = (port: number) => told({ type: "memcached" }, { MOOR_MEMCACHED: `memcached://127.0.0.1:${port}` });
    expect(await at(strict.port)).toEqual(["memcached: a restart loses every session"]);
    expect(await at(lax.port)).toEqual([
      "memcached: a restart loses every session",
      expect.stringMatching(/^memcached: evictions are on: /),
      expect.stringMatching(/^memcached: item_size_max is 65536: /),
    ]);
  });
});

describe("moor check --deploy", () => {
  it.each<[AuthorityConfig, Record<string, string>]>([
    [{ type: "postgres" }, { MOOR_POSTGRES: `postgres://moor:hunter2@127.0.0.1:${DEAD_PORT}/moor` }],
    [
      { type: "redis" },
      { UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${DEAD_PORT}`, UPSTASH_REDIS_REST_TOKEN: "hunter2" },
    ],
    [{ type: "redis-tcp" }, { MOOR_REDIS_URL: `redis://127.0.0.1:${DEAD_PORT}` }],
    [{ type: "memcached" }, { MOOR_MEMCACHED: `memcached://127.0.0.1:${DEAD_PORT}` }],
  ])("says that a store could not be asked, without its address: %j", async (authority, environment) => {
    const [text, ...others] = await told(authority, environment);
    expect(text).toMatch(new RegExp(`^${authority.type}: it could not be asked for its settings: `));
    expect(others).toEqual([]);
  });

  it("says which variables it lacks to ask, and asks no Durable Objects and no D1", async () => {
    expect(await told({ type: "postgres" }, {})).toEqual([
      "postgres: it was not asked for its settings, because the environment has no MOOR_POSTGRES",
    ]);
    expect(await told({ type: "object" }, {})).toEqual([]);
    expect(await told({ type: "d1" }, {})).toEqual([]);
  });

  it("computes whether strangers can fill Redis, and how much room they need", async () => {
    const redis = await startRedis({ survivesKill: true });
    onTestFinished(redis.stop);
    const environment = { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token };
    const config = resolved({ pools: [pool()], stores: { authority: { type: "redis" } } });
    const textsAt = async (maxmemory: string, perMinute: number) => {
      await run(redis, "CONFIG", "SET", "maxmemory", maxmemory);
      return (await auditWarnings(config, environment, perMinute)).map(({ text }) => text);
    };
    const flood = "strangers may found 4.3 million sessions in 12 h (SITE_FOUNDING_LIMIT, at one location): 6.5 GB";
    expect(await textsAt("0", 6_000)).toEqual([
      `redis: maxmemory is 0, so a full machine ends Redis, and ${flood}; set maxmemory, with room for that`,
    ]);
    expect(await textsAt("1000000000", 6_000)).toEqual([
      `redis: maxmemory is 1.0 GB, and ${flood}; a full Redis refuses every change; raise maxmemory, or lower that limit or newSessionHours`,
    ]);
    expect(await textsAt("1000000000", 600)).toEqual([]);
    expect(await textsAt("7000000000", 6_000)).toEqual([]);
  });

  it("takes the rows of strangers for as large as they are", async () => {
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const client = createRedisClient({ url: redis.url, token: redis.token, deadlineMs: 5_000 });
    const rows = createRedisRows({ run: client.eval, isMetered: true });
    const { authority } = createRowsWorld({ through: () => rows });
    const used = async () => Number(/^used_memory:(\d+)/m.exec(String(await run(redis, "INFO", "memory")))?.[1]);
    const found = async (count: number) => {
      for (let nth = 0; nth < count; nth++) {
        const now = Date.now();
        const patches = [{ basket: { apples: 2, pears: nth }, flash: "in the basket" }];
        await authority.commit(refTo(newId(), now), changeAt(now, { patches }));
      }
    };
    await found(50);
    const before = await used();
    await found(200);
    const each = ((await used()) - before) / 200;
    expect(each).toBeLessThan(ROW_BYTES);
    expect(each).toBeGreaterThan(ROW_BYTES / 3);
  });

  it("asks the Redis behind Durable Objects, if the environment leads to it", async () => {
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const upstash = { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token };
    const config = (fallback: "redis" | "redis-tcp") => resolved({ pools: [pool()], stores: { fallback } });
    expect(await auditWarnings(config("redis"), upstash)).toEqual([
      { path: "stores.fallback", text: expect.stringContaining("redis: appendonly is no") },
    ]);
    expect(await auditWarnings(config("redis-tcp"), {})).toEqual([
      { path: "stores.fallback", text: expect.stringContaining("the environment has no MOOR_REDIS_URL") },
    ]);
  });

  it("prints these warnings, and is content with the configuration", async () => {
    const server = await startMemcached();
    onTestFinished(server.stop);
    const project = await createProject();
    const config = `{ pools: [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }], stores: { authority: { type: "memcached" } } }`;
    await project.write("moor.config.ts", `export default ${config};`);
    const running = project.start(["check", "--deploy"], {
      variables: { MOOR_MEMCACHED: `memcached://127.0.0.1:${server.port}` },
    });
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(running.output.stderr).toBe(
      "moor: moor.config.ts: warning: stores.authority: memcached: a restart loses every session\n",
    );
  });
});
