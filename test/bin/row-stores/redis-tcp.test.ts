/** @needs redis-server */
/** @quick */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type RedisServer, startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import {
  connectToRedis,
  type RedisConnection,
  readRedisAddress,
  requireRedisAddress,
} from "../../../src/redis/tcp-client.ts";
import { createConnectedRedisRows } from "../../../src/row-stores/redis/connected-redis-rows.ts";
import { DUE_ROWS } from "../../../src/row-stores/redis/row-scripts.ts";
import { redisTcp } from "../../../src/row-stores/redis-tcp.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { DEAD_PORT, freePort } from "../../support/node/ports.ts";
import { REDIS_PASSWORD, startRedisProcess } from "../../support/node/redis-processes.ts";
import { changeAt, refTo, uniqueId } from "../../support/sessions.ts";

const PASSWORD = "the password of the tests";

async function startServer() {
  const port = await freePort();
  const server = (await startRedisServer({ tcp: { port, password: PASSWORD } })) as RedisServer;
  const connection = connectionTo(port);
  return {
    ...server,
    port,
    run: (...command: string[]) => connection.run(command),
    async stop() {
      connection.end();
      await server.stop();
    },
  };
}

function connectionTo(port: number, user = "", path = ""): RedisConnection {
  const address = readRedisAddress(`redis://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}${path}`);
  if (!address) throw new Error("the address has another form");
  return connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });
}

const rowsAt = (port: () => number, waitReplicas = 0) =>
  createConnectedRedisRows({ connect: () => connectionTo(port()), waitReplicas });

let redis: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  redis = await startServer();
});
afterAll(() => redis.stop());
afterEach(() => vi.useRealTimers());

testRowStore("Redis by a socket", {
  create: () => rowsAt(() => redis.port),
  createUnreachable: () => rowsAt(() => DEAD_PORT),
  now: Date.now,
  gaps: gapsOf(redisTcp.guarantees),
});

testAuthority("an authority on Redis by a socket", {
  create: () => createRowsWorld({ through: () => rowsAt(() => redis.port) }).authority,
  createUnreachable: () => createRowsWorld({ through: () => rowsAt(() => DEAD_PORT) }).authority,
  setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
  gaps: [],
});

const write = (tag: string, seen?: string) => ({
  seen,
  next: { tag, text: `text of ${tag}` },
  keepUntil: Date.now() + 3_600_000,
  dueAt: undefined,
  notAfter: Date.now() + 3_600_000,
});

describe("a Redis by a socket", () => {
  it("takes a user of ACL with the commands of rows alone, and a database", async () => {
    const commands = [
      "eval",
      "time",
      "hmget",
      "hset",
      "del",
      "pexpireat",
      "zadd",
      "zrem",
      "zrangebyscore",
      "select",
      "info",
      "wait",
    ];
    const rights = ["on", `>${PASSWORD}`, "~moor:*", "-@all", ...commands.map((name) => `+${name}`)];
    await redis.run("ACL", "SETUSER", "shop", ...rights);
    const rows = createConnectedRedisRows({ connect: () => connectionTo(redis.port, "shop", "/3"), waitReplicas: 0 });
    expect(await rows.write("session:acl", write("a"))).toEqual({ kind: "written" });
    expect(await rows.read("session:acl")).toMatchObject({ kind: "row", row: { tag: "a" } });
    expect(await rows.due(10)).toMatchObject({ kind: "names" });
    expect(await rowsAt(() => redis.port).read("session:acl")).toMatchObject({ kind: "none" });
    const stranger = createConnectedRedisRows({ connect: () => connectionTo(redis.port, "nobody"), waitReplicas: 0 });
    expect(await stranger.read("session:acl")).toMatchObject({ kind: "unavailable", cause: { message: /WRONGPASS/ } });
  });

  it("holds nothing of a row that was deleted", async () => {
    const rows = rowsAt(() => redis.port);
    await rows.write("session:deleted", { ...write("a"), dueAt: Date.now() });
    expect(await rows.write("session:deleted", { ...write("b", "a"), next: undefined })).toEqual({ kind: "written" });
    expect(await redis.run("KEYS", "*session:deleted*")).toEqual([]);
    expect(await redis.run("ZSCORE", "moor:{rows-5}:alarms", "session:deleted")).toBeNull();
  });

  it("is asked for as many names as may be rung, and gives no more", async () => {
    for (const [at, name] of ["one", "two", "three"].entries()) await redis.run("ZADD", "due", String(at), name);
    const connection = connectionTo(redis.port);
    onTestFinished(() => connection.end());
    expect(await connection.eval(DUE_ROWS, ["due"], ["2"])).toEqual(["one", "0", "two", "1"]);
  });

  it("is not read at a replica, which may lag behind", async () => {
    const replica = await startServer();
    onTestFinished(replica.stop);
    await replica.run("CONFIG", "SET", "masterauth", PASSWORD);
    await replica.run("REPLICAOF", "127.0.0.1", String(redis.port));
    await rowsAt(() => redis.port).write("session:replica", write("a"));
    const held = () => replica.run("EXISTS", "moor:{rows-3}:session:replica");
    await expect.poll(held).toBe(1);
    expect(await rowsAt(() => replica.port).read("session:replica")).toMatchObject({
      kind: "unavailable",
      cause: { message: expect.stringContaining("READONLY") },
    });
  });

  it("acknowledges an end only when a replica has it, though other changes wait for none", async () => {
    const primary = await startRedisProcess();
    onTestFinished(primary.stop);
    const replica = await startRedisProcess({ replicaof: `127.0.0.1 ${primary.port}` });
    onTestFinished(replica.stop);
    await expect.poll(() => replica.run("INFO", "replication")).toContain("master_link_status:up");
    const address = requireRedisAddress(`redis://:${REDIS_PASSWORD}@127.0.0.1:${primary.port}`);
    const connect = () => connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });
    const rows = createConnectedRedisRows({ connect, waitReplicas: 0 });
    const { authority } = createRowsWorld({ through: () => rows });
    const [kept, ended] = [uniqueId(), uniqueId()];
    const commit = (id: string, asked: Parameters<typeof changeAt>[1]) =>
      authority.commit(refTo(id, Date.now()), changeAt(Date.now(), asked));
    for (const id of [kept, ended])
      expect(await commit(id, { patches: [{ basket: "tea" }] })).toMatchObject({ kind: "committed" });
    expect(await commit(ended, { end: true })).toMatchObject({ kind: "committed" });
    // The link is up and says nothing: what the primary writes does not get there any more.
    replica.hang();
    expect(await commit(kept, { patches: [{ basket: "milk" }] })).toMatchObject({ kind: "committed" });
    expect(await commit(kept, { end: true })).toMatchObject({ kind: "unavailable", cause: { code: "unreplicated" } });
  });

  it("acknowledges no change that fewer replicas have than waitReplicas asks for", async () => {
    const primary = await startServer();
    onTestFinished(primary.stop);
    const rows = rowsAt(() => primary.port, 1);
    expect(await rows.write("session:alone", write("a"))).toMatchObject({
      kind: "unavailable",
      cause: { code: "unreplicated" },
    });
    const { authority } = createRowsWorld({ through: () => rows });
    const id = uniqueId();
    const patched = authority.commit(refTo(id, Date.now()), changeAt(Date.now(), { patches: [{ basket: "tea" }] }));
    expect(await patched).toMatchObject({ kind: "unavailable" });
    const replica = await startServer();
    onTestFinished(replica.stop);
    await replica.run("CONFIG", "SET", "masterauth", PASSWORD);
    await replica.run("REPLICAOF", "127.0.0.1", String(primary.port));
    let name = "";
    const writeAnother = async () => {
      name = `session:${crypto.randomUUID()}e0`;
      return (await rows.write(name, write("b"))).kind;
    };
    await expect.poll(writeAnother).toBe("written");
    expect(await replica.run("EXISTS", `moor:{rows-5}:${name}`)).toBe(1);
  });
});
