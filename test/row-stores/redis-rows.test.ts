import { afterEach, describe, expect, it, vi } from "vitest";
import { randomId } from "../../src/lib/base64url.ts";
import { createRedisRows } from "../../src/row-stores/redis/redis-rows.ts";
import { redis } from "../../src/row-stores/redis.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";

afterEach(() => vi.unstubAllGlobals());

/** The names of the commands that a call sends. */
async function commandsOf(call: (store: RowStore) => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => {
    sent.push((JSON.parse(body) as string[])[0] as string);
    return Response.json({ result: [] });
  });
  const bindings = { UPSTASH_REDIS_REST_URL: "https://redis.test", UPSTASH_REDIS_REST_TOKEN: "token" };
  await call(redis.bind(bindings, { type: "redis" }) as RowStore);
  return sent;
}

describe("rows in Redis", () => {
  it("are read by a script that may write, because Upstash lets replicas answer scripts that only read", async () => {
    expect(await commandsOf((store) => store.read("session:a"))).toEqual(["eval"]);
    const write = { seen: undefined, next: { tag: "a", text: "b" }, keepUntil: 1, dueAt: undefined, notAfter: 1 };
    expect(await commandsOf((store) => store.write("session:a", write))).toEqual(["eval"]);
  });

  it("cost money for each call at Upstash, so a hot session gives up sooner, and need both of its bindings", () => {
    const bindings = { UPSTASH_REDIS_REST_URL: "https://redis.test", UPSTASH_REDIS_REST_TOKEN: "token" };
    expect(redis.bind(bindings, { type: "redis" })?.isMetered).toBe(true);
    for (const name of Object.keys(bindings)) {
      expect(() => redis.bind({ ...bindings, [name]: "" }, { type: "redis" })).toThrow(`${name} is not set`);
    }
  });
});

it("rows are read with a second key where the reply must prove the primary, and elsewhere without", async () => {
  const count = async (provesPrimary?: true) => {
    let keys = 0;
    const run = async (_script: string, asked: string[]) => {
      keys = asked.length;
      return ["", "", 1];
    };
    await createRedisRows({ run, isMetered: false, ...(provesPrimary && { provesPrimary }) }).read("session:a");
    return keys;
  };
  expect([await count(), await count(true)]).toEqual([1, 2]);
});

it("rows are spread over sixteen slots by their names, so that a Cluster spreads them over its servers", async () => {
  const slots = new Set<string>();
  const run = async (_script: string, [key = ""]: string[]) => {
    slots.add(key.slice(0, key.indexOf("}")));
    return ["", "", 1];
  };
  const { read } = createRedisRows({ run, isMetered: false });
  for (let nth = 0; nth < 1_000; nth++) await read(`session:${randomId()}`);
  expect(slots.size).toBe(16);
});

describe("a reply of Redis to a script of rows", () => {
  const answering = (reply: unknown) => createRedisRows({ run: async () => reply, isMetered: false });
  const WRITE = { seen: "a", next: undefined, keepUntil: 1, dueAt: undefined, notAfter: 1 };
  const UNREADABLE = { kind: "unavailable", cause: { code: "unreadable" } };

  it.each([[null], ["row"], [["a", "b"]], [[null, "b", 1]], [["a", null, 1]], [["a", "b", "1"]], [["a", "b", 1, 2]]])(
    "that is no row is unreadable, and never the absence of a row: %j",
    async (reply) => {
      expect(await answering(reply).read("session:a")).toMatchObject(UNREADABLE);
      const moved = Array.isArray(reply) ? ["moved", ...reply] : reply;
      expect(await answering(moved).write("session:a", WRITE)).toMatchObject(UNREADABLE);
    },
  );

  it.each([[null], [["session:a"]], [["session:a", 1]]])(
    "that is no list of names is unreadable: %j",
    async (reply) => {
      expect(await answering(reply).due(10)).toMatchObject(UNREADABLE);
    },
  );

  it("names rows of all slots that are due, the earliest first, and no more than are asked for", async () => {
    let at = 0;
    const run = async () => [`late-${at}`, String(100 - at), `early-${at}`, String(at++)];
    const names = { kind: "names", names: ["early-0", "early-1", "early-2"] };
    expect(await createRedisRows({ run, isMetered: false }).due(3)).toEqual(names);
  });
});
