/** @needs redis-server */
/** @quick */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RedisServer, startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import { connectToRedis, type RedisServerAddress, requireRedisAddress } from "../../../src/redis/tcp-client.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { createSocketFallback } from "../../../src/store/redis/fallback.ts";
import { PENDING_SETS_KEY } from "../../../src/store/redis/limits.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { GAP_OF_A_REAL_CLOCK, testFallback } from "../../store/fallback.suite.ts";
import { entryOf, newId, recordOf, STORE_RING } from "../../store/redis/records.ts";
import { DEAD_PORT, freePort } from "../../support/node/ports.ts";

const PASSWORD = "the password that nobody may see";
const SECRET = "attribute-that-nobody-may-see";
const seal = createSeal(STORE_RING);

const port = await freePort();
let redis: RedisServer;
/** Sockets that fallbacks of a test have opened and not closed. */
const open = new Set<object>();

beforeAll(async () => {
  redis = (await startRedisServer({ tcp: { port, password: PASSWORD } })) as RedisServer;
});
afterAll(() => redis.stop());
afterEach(() => expect(open.size).toBe(0));

function opened(address: RedisServerAddress) {
  const wire = openInNode(address);
  open.add(wire);
  return {
    ...wire,
    close() {
      open.delete(wire);
      return wire.close();
    },
  };
}

const urlAt = (at: number, user = "") => `redis://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${at}`;
const fallbackAt = (url: string, deadlineMs = 20_000): Fallback =>
  createSocketFallback({ address: requireRedisAddress(url), open: opened, deadlineMs }, seal);

async function run(...command: string[]): Promise<unknown> {
  const connection = connectToRedis({
    address: requireRedisAddress(urlAt(port)),
    open: openInNode,
    deadlineMs: 20_000,
  });
  try {
    return await connection.run(command);
  } finally {
    connection.end();
  }
}

testFallback("Redis by a socket", {
  async create() {
    await run("FLUSHALL");
    return fallbackAt(urlAt(port));
  },
  now: Date.now,
  gaps: [GAP_OF_A_REAL_CLOCK],
});

const id = newId();
const record = recordOf(id, { attributes: { secret: SECRET }, principal: "principal-that-nobody-may-see" });
const entry = entryOf(id, { patches: [{ secret: SECRET }], expiresAt: Date.now() + 600_000 });
const calls: [name: string, call: (fallback: Fallback) => Promise<unknown>][] = [
  ["read", (fallback) => fallback.read(id)],
  ["keep", (fallback) => fallback.keep(record)],
  ["append", (fallback) => fallback.append(entry)],
  ["takeOver", (fallback) => fallback.takeOver(id, [entry.change.id], record)],
  ["pendingSets", (fallback) => fallback.pendingSets()],
  ["pending", (fallback) => fallback.pending(0, 0, 10)],
  ["settled", (fallback) => fallback.settled(id, Date.now())],
  ["settledSet", (fallback) => fallback.settledSet(0, Date.now())],
];

/** A server in place of Redis. */
async function startServer(behave: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    behave(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const answering = (text: string) => (socket: Socket) => void socket.on("data", () => socket.write(text));

/** Each call is unavailable within its deadline, and its cause tells nothing of the session or the password. */
async function expectUnavailable(at: number, code: string, deadlineMs = 20_000): Promise<void> {
  const fallback = fallbackAt(urlAt(at), deadlineMs);
  await Promise.all(
    calls.map(async ([name, call]) => {
      const { kind, cause } = (await call(fallback)) as { kind: string; cause: Error & { code: string } };
      expect({ name, kind, code: cause?.code }).toEqual({ name, kind: "unavailable", code });
      const shown = Object.getOwnPropertyNames(cause).map((key) => String(Reflect.get(cause, key)));
      for (const hidden of ["nobody may see", "nobody-may-see", id]) expect(shown.join("\n")).not.toContain(hidden);
    }),
  );
}

describe("a fallback on Redis by a socket is unavailable, whatever was asked, when Redis", () => {
  it("says nothing on a live connection", async () => expectUnavailable(await startServer(() => {}), "timeout", 300));
  it("resets the connection", async () =>
    expectUnavailable(await startServer((socket) => socket.on("data", () => socket.resetAndDestroy())), "no-answer"));
  it("ends the connection", async () =>
    expectUnavailable(await startServer((socket) => socket.on("data", () => socket.end())), "no-answer"));
  it("refuses the connection", async () => expectUnavailable(DEAD_PORT, "no-answer"));
  it("speaks another protocol", async () =>
    expectUnavailable(await startServer(answering("HTTP/1.1 400 Bad Request\r\n\r\n")), "unreadable"));
  it("answers with an error that quotes the command", async () =>
    expectUnavailable(await startServer(answering(`-ERR unknown command '${SECRET}'\r\n`)), "refused"));
});

describe("a fallback on Redis by a socket", () => {
  it("works with a user of ACL that may use its commands and keys alone, and with no other", async () => {
    const used = ["eval", "time", "hmget", "hset", "llen", "lrange", "lrem", "rpush", "pexpire", "pexpireat", "pttl"];
    const commands = [...used, "zadd", "zrange", "zrem", "zscore"];
    const rights = ["on", `>${PASSWORD}`, "~moor:*", "-@all", ...commands.map((name) => `+${name}`)];
    await run("ACL", "SETUSER", "shop", ...rights);
    const fallback = fallbackAt(urlAt(port, "shop"));
    for (const [name, call] of calls)
      expect([name, await call(fallback)]).not.toMatchObject([name, { kind: "unavailable" }]);
    expect(await fallbackAt(urlAt(port, "nobody")).read(id)).toMatchObject({
      kind: "unavailable",
      cause: { code: "refused", message: expect.stringContaining("WRONGPASS") },
    });
  });

  it("sends nothing more after a note that failed, and leaves no socket open", async () => {
    await run("FLUSHALL");
    await run("SET", PENDING_SETS_KEY, "no sorted set: the note fails");
    expect(await fallbackAt(urlAt(port)).append(entry)).toMatchObject({ kind: "unavailable" });
    expect(await fallbackAt(urlAt(port)).read(id)).toEqual({ kind: "found", entries: [] });
  });

  it("works again as soon as Redis does", async () => {
    let isSilent = true;
    const at = await startServer((socket) => {
      if (!isSilent) answering("*2\r\n*2\r\n$-1\r\n$-1\r\n*0\r\n")(socket);
    });
    const fallback = fallbackAt(`redis://127.0.0.1:${at}`, 300);
    expect(await fallback.read(id)).toMatchObject({ kind: "unavailable", cause: { code: "timeout" } });
    isSilent = false;
    expect(await fallback.read(id)).toEqual({ kind: "found", entries: [] });
  });

  it("answers many at once, each its own", async () => {
    const fallback = fallbackAt(urlAt(port));
    const records = Array.from({ length: 40 }, (_, i) => recordOf(newId(), { attributes: { i } }));
    expect(await Promise.all(records.map((one) => fallback.keep(one)))).toEqual(
      records.map(() => ({ kind: "kept", journalLength: 0 })),
    );
    const found = await Promise.all(records.map((one) => fallback.read(one.id)));
    expect(found).toEqual(records.map((one) => ({ kind: "found", record: one, entries: [] })));
  });
});
