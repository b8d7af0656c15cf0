import { describe, expect, it } from "vitest";
import { RedisFault } from "../../src/redis/client.ts";
import type { RedisConnection } from "../../src/redis/tcp-client.ts";
import { createConnectedRedisRows } from "../../src/row-stores/redis/connected-redis-rows.ts";
import { BARRIER, READ_ROW, REPLICAS, WRITE_ROW } from "../../src/row-stores/redis/row-scripts.ts";

const NAMES = new Map([
  [BARRIER, "barrier"],
  [READ_ROW, "read"],
  [REPLICAS, "replicas"],
  [WRITE_ROW, "write"],
]);
const write = (isEnd = false) => ({
  seen: "a",
  next: { tag: "b", text: "text" },
  keepUntil: 9,
  dueAt: undefined,
  notAfter: 9,
  isEnd,
});
const UNREPLICATED = { kind: "unavailable", cause: { code: "unreplicated" } };

/** Rows in a Redis that gives these replies, by the names of its commands, one after the other; the last of them again and again. */
function rows(replies: Record<string, readonly unknown[]>, waitReplicas = 0) {
  const sent: string[] = [];
  let ended = 0;
  const left = new Map(Object.entries(replies).map(([name, given]) => [name, [...given]]));
  async function reply(name: string, shown = name): Promise<unknown> {
    sent.push(shown);
    const given = left.get(name) ?? [];
    const next = given.length > 1 ? given.shift() : given[0];
    if (next instanceof RedisFault) throw next;
    return next;
  }
  const connect = (): RedisConnection => ({
    run: ([name = "", least = ""]) => reply(name, `${name} ${least}`),
    eval: (script) => reply(NAMES.get(script) ?? "other"),
    end: () => void ended++,
  });
  return { store: createConnectedRedisRows({ connect, waitReplicas }), sent, ended: () => ended };
}
const READ = ["b", "text", 5];

describe("the end of a session in a Redis with replicas", () => {
  it("waits for one replica, however many there are, because the others may hang", async () => {
    const { store, sent } = rows({ replicas: [2], write: [["written"]], WAIT: [1] });
    expect(await store.write("session:a", write(true))).toEqual({ kind: "written" });
    expect(sent).toEqual(["replicas", "write", "WAIT 1"]);
  });

  it("waits for nothing without replicas, and a change does not ask for them", async () => {
    const { store, sent } = rows({ replicas: [0], write: [["written"]] });
    expect(await store.write("session:a", write(true))).toEqual({ kind: "written" });
    expect(await store.write("session:a", write())).toEqual({ kind: "written" });
    expect(sent).toEqual(["replicas", "write", "write"]);
  });

  it("waits for as many as every change, where changes wait, and does not ask how many there are", async () => {
    const { store, sent } = rows({ replicas: [5], write: [["written"]], WAIT: [2] }, 2);
    expect(await store.write("session:a", write(true))).toEqual({ kind: "written" });
    expect(sent).toEqual(["write", "WAIT 2"]);
  });

  it.each([
    ["does not say", new RedisFault("timeout"), "timeout"],
    ["says something else", null, "unreadable"],
  ])("is not written if Redis %s how many replicas it has", async (_what, reply, code) => {
    const { store, sent } = rows({ replicas: [reply] });
    expect(await store.write("session:a", write(true))).toMatchObject({ kind: "unavailable", cause: { code } });
    expect(sent).toEqual(["replicas"]);
  });
});

describe("a change that too few replicas have", () => {
  it("is not taken for acknowledged by a read after it, until replicas have it", async () => {
    const { store, sent } = rows({ write: [["written"]], WAIT: [0, 0, 1], read: [READ], barrier: [1] }, 1);
    const connection = store.connect?.();
    expect(await connection?.write("session:a", write())).toMatchObject(UNREPLICATED);
    expect(await connection?.read("session:a")).toMatchObject(UNREPLICATED);
    expect(await connection?.read("session:a")).toMatchObject({ kind: "row" });
    // A barrier is written first: WAIT waits for writes of its own socket alone, and the socket may be another by now.
    const settling = ["read", "barrier", "WAIT 1"];
    expect(sent).toEqual(["write", "WAIT 1", ...settling, ...settling]);
    expect(await connection?.read("session:a")).toMatchObject({ kind: "row" });
    expect(sent.slice(8)).toEqual(["read"]);
  });

  it("is not taken for acknowledged by a second attempt that finds it, nor after a write that got no answer", async () => {
    for (const first of [["written"], new RedisFault("timeout")]) {
      const replies = { write: [first, ["moved", ...READ]], WAIT: [0], barrier: [1] };
      const connection = rows(replies, 1).store.connect?.();
      expect(await connection?.write("session:a", write())).toMatchObject({ kind: "unavailable" });
      expect(await connection?.write("session:a", write())).toMatchObject(UNREPLICATED);
    }
  });

  it("of another writer needs no wait", async () => {
    const { store, sent } = rows({ write: [["moved", ...READ]] }, 1);
    expect(await store.write("session:a", write())).toMatchObject({ kind: "moved", now: { kind: "row" } });
    expect(sent).toEqual(["write"]);
  });
});

it("a call by itself ends its connection, whatever comes of it", async () => {
  const { store, ended } = rows({ read: [READ, new RedisFault("timeout")], write: [["written"]] });
  await store.read("session:a");
  await store.read("session:a");
  await store.write("session:a", write());
  await store.due(1);
  expect(ended()).toBe(4);
});
