import { describe, expect, it, vi } from "vitest";
import type { Wire } from "../../src/lib/wire.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../../src/redis/tcp-client.ts";
import { answeringWire } from "../support/answering-wire.ts";

const ADDRESS = {
  hostname: "redis.test",
  port: 6_379,
  tls: false,
  username: undefined,
  password: undefined,
  database: 0,
};

describe("the address of a Redis", () => {
  it.each([
    ["redis://redis.test", ADDRESS],
    ["redis://redis.test:7000/", { ...ADDRESS, port: 7_000 }],
    [
      "rediss://shop:p%40ss%3Aword@redis.test/3",
      { ...ADDRESS, tls: true, username: "shop", password: "p@ss:word", database: 3 },
    ],
    ["redis://:secret@127.0.0.1:1", { ...ADDRESS, hostname: "127.0.0.1", port: 1, password: "secret" }],
    ["redis://[::1]:1", { ...ADDRESS, hostname: "::1", port: 1 }],
  ])("%s is read", (text, address) => expect(readRedisAddress(text)).toEqual(address));

  it.each([
    "",
    "redis.test:6379",
    "http://redis.test",
    "redis://",
    "redis://a/b",
    "redis://a?db=1",
    "redis://a b",
    "redis://a:99999",
    "redis://:50%off@a",
    "redis://:%ff@a",
  ])("%j is none", (text) => expect(readRedisAddress(text)).toBeUndefined());
});

/** A Redis that answers each command in its turn as the test says, and counts its sockets. */
function redisThat(
  answer: (command: string, socket: number) => string | undefined,
  given: Partial<RedisServerAddress> = {},
) {
  const sent: string[] = [];
  let sockets = 0;
  let closed = 0;
  const open = (): Wire => {
    const socket = ++sockets;
    return answeringWire(
      (written) =>
        written.split(/(?=\*\d+\r\n)/).map((command) => {
          const words = command.split("\r\n").filter((_, at) => at > 0 && at % 2 === 0);
          sent.push(words.join(" ").trim());
          return answer(words.join(" ").trim(), socket);
        }),
      () => closed++,
    );
  };
  const connection = connectToRedis({ address: { ...ADDRESS, ...given }, open, deadlineMs: 50 });
  return { connection, sent, sockets: () => sockets, closed: () => closed };
}

describe("a connection to Redis", () => {
  it("opens with its first command, says who it is, and opens no other socket", async () => {
    const { connection, sent, sockets } = redisThat(() => "+OK\r\n", { password: "secret", database: 2 });
    expect(sockets()).toBe(0);
    await connection.run(["TIME"]);
    await connection.run(["TIME"]);
    expect(sent).toEqual(["AUTH secret", "SELECT 2", "TIME", "TIME"]);
    expect(sockets()).toBe(1);
  });

  it("names a user of ACL", async () => {
    const { connection, sent } = redisThat(() => "+OK\r\n", { username: "shop", password: "secret" });
    await connection.run(["TIME"]);
    expect(sent[0]).toBe("AUTH shop secret");
  });

  it("gives each command its own answer, though they are asked for at once", async () => {
    const { connection, sockets } = redisThat((command) => `+${command}\r\n`);
    const asked = ["a", "b", "c"].map((word) => connection.run([word]));
    expect(await Promise.all(asked)).toEqual(["a", "b", "c"]);
    expect(sockets()).toBe(1);
  });

  it.each<[string, string, (socket: number) => string | undefined]>([
    ["timeout", "is silent", (socket) => (socket === 1 ? undefined : "+OK\r\n")],
    ["refused", "refuses the command", (socket) => (socket === 1 ? "-ERR no\r\n" : "+OK\r\n")],
    ["unreadable", "says something else", (socket) => (socket === 1 ? "HTTP/1.1 400\r\n" : "+OK\r\n")],
  ])("throws the socket away by a fault, %s, when the server %s", async (code, _name, answer) => {
    const { connection, sockets, closed } = redisThat((_, socket) => answer(socket));
    await expect(connection.run(["TIME"])).rejects.toMatchObject({ name: "RedisFault", code });
    expect(closed()).toBe(1);
    expect(await connection.run(["TIME"])).toBe("OK");
    expect(sockets()).toBe(2);
  });

  it("that cannot be opened is no answer, and the fault does not name the address", async () => {
    const open = vi.fn(() => Promise.reject(new Error("cannot connect to redis.test")));
    const connection = connectToRedis({ address: ADDRESS, open, deadlineMs: 50 });
    const fault = await connection.run(["TIME"]).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "no-answer" });
    expect(String(fault)).not.toContain("redis.test");
  });

  it("can be used again after its end", async () => {
    const { connection, sockets, closed } = redisThat(() => "+OK\r\n");
    await connection.run(["TIME"]);
    connection.end();
    expect(closed()).toBe(1);
    await connection.run(["TIME"]);
    expect(sockets()).toBe(2);
  });
});
