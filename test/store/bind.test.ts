import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import type { LogEntry } from "../../src/log.ts";
import { bindStores, type StoreBindings } from "../../src/store/bind.ts";
import { BreakerOpenError } from "../../src/store/breaker.ts";
import { type Breakers, createBreakers } from "../../src/store/breakers.ts";
import { noCalls } from "../../src/store/counted.ts";
import { createKvReplicas, type ReplicaNamespace } from "../../src/store/kv-replicas.ts";
import { FALLBACKS, REPLICAS } from "../../src/store/registry.ts";
import { createSeal } from "../../src/store/seal.ts";
import { setTime } from "../support/edge.ts";
import { copyOf, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

const KEYS = `1:${"A".repeat(43)}`;
const REDIS = { UPSTASH_REDIS_REST_URL: "https://redis.test", UPSTASH_REDIS_REST_TOKEN: "s3cret-t0ken" };

let logged: LogEntry[];
let breakers: Breakers;
const bind = (given: StoreBindings = {}) => bindStores({ MOOR_STORE_KEYS: KEYS, ...given }, breakers);
const states = () => breakers.made.map((breaker) => [breaker.name, breaker.state()]);

beforeEach(() => {
  setTime(T0);
  vi.spyOn(Math, "random").mockReturnValue(0);
  logged = [];
  breakers = createBreakers((entry) => logged.push(entry));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A namespace in memory. */
function namespace(): ReplicaNamespace & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key) => values.get(key) ?? null,
    put: async (key, value) => void values.set(key, value),
  };
}

/** The bindings of each registered store. */
const BINDINGS: Record<keyof typeof REPLICAS | keyof typeof FALLBACKS, StoreBindings> = {
  kv: { SESSION_REPLICAS: namespace() },
  redis: REDIS,
};

describe("the stores other than the objects", () => {
  it("are none when no store is bound", () => {
    const { fallback, replicas } = bind();
    expect([fallback, replicas]).toEqual([undefined, undefined]);
  });

  it.each(Object.entries(BINDINGS))(
    "are the store that is bound, under its name in the registry: %s",
    (name, bindings) => {
      const bound = Object.values(bind(bindings)).filter((store) => store !== undefined);
      expect(bound.map((store) => store.name)).toEqual([name]);
      expect(states()).toEqual([[name, "closed"]]);
      expect(noCalls()).toHaveProperty(name, 0);
    },
  );

  it("are the first store of each registry, if all are bound", () => {
    const { replicas, fallback } = bind(Object.assign({}, ...Object.values(BINDINGS)));
    expect([replicas?.name, fallback?.name]).toEqual([Object.keys(REPLICAS)[0], Object.keys(FALLBACKS)[0]]);
  });

  it("seal with the ring of the stores", async () => {
    const kv = namespace();
    await bind({ SESSION_REPLICAS: kv }).replicas?.keep(copyOf("s"));
    const seal = createSeal(parseKeyRing(KEYS, "MOOR_STORE_KEYS"));
    const found = await createKvReplicas({ namespace: kv, seal, clock: Date.now }).read(refTo("s"), T0);
    expect(found).toEqual({ kind: "hit", copy: copyOf("s") });
  });
});

describe("the fallback", () => {
  it("is Redis by a socket, if its address is bound", () => {
    const { fallback } = bind({ MOOR_REDIS_URL: "rediss://user:password@redis.test/1" });
    expect(fallback?.name).toBe("redis");
    expect(states()).toEqual([["redis", "closed"]]);
  });
});

describe("a wrong binding", () => {
  const messageOf = (given: StoreBindings) => {
    try {
      bind(given);
    } catch (fault) {
      expect(fault).toBeInstanceOf(TypeError);
      return (fault as Error).message;
    }
    throw new Error("it was taken");
  };
  const both = "Redis takes both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.";

  it.each<[string, StoreBindings, string]>([
    [
      "a URL without a token",
      { UPSTASH_REDIS_REST_URL: REDIS.UPSTASH_REDIS_REST_URL },
      `UPSTASH_REDIS_REST_TOKEN is not set; ${both}`,
    ],
    [
      "a token without a URL",
      { UPSTASH_REDIS_REST_TOKEN: REDIS.UPSTASH_REDIS_REST_TOKEN },
      `UPSTASH_REDIS_REST_URL is not set; ${both}`,
    ],
    [
      "a URL and an empty token",
      { ...REDIS, UPSTASH_REDIS_REST_TOKEN: "" },
      `UPSTASH_REDIS_REST_TOKEN is not set; ${both}`,
    ],
    [
      "a token and an empty URL",
      { ...REDIS, UPSTASH_REDIS_REST_URL: "" },
      `UPSTASH_REDIS_REST_URL is not set; ${both}`,
    ],
    [
      "an address that is none",
      { MOOR_REDIS_URL: "https://s3cret@redis.test" },
      'MOOR_REDIS_URL is no address of Redis; it takes one, as in "rediss://user:password@redis.example.com:6379/0", with user and password percent-encoded.',
    ],
    [
      "two Redis",
      { ...REDIS, MOOR_REDIS_URL: "redis://:s3cret@redis.test" },
      "MOOR_REDIS_URL and UPSTASH_REDIS_REST_URL or UPSTASH_REDIS_REST_TOKEN are set; the fallback takes one Redis. Remove the others: a " +
        "journal that one Redis holds is not in the other.",
    ],
    [
      "no ring, though no store needs it",
      { MOOR_STORE_KEYS: "" },
      'MOOR_STORE_KEYS is not set. "npm run moor -- keys new" prints a value for it.',
    ],
    [
      "a ring that is too short",
      { MOOR_STORE_KEYS: "1:c2hvcnQ" },
      "MOOR_STORE_KEYS, entry 1: expected 32 to 512 bytes as base64url.",
    ],
    [
      "a URL that is none",
      { ...REDIS, UPSTASH_REDIS_REST_URL: "redis.test" },
      "the URL of Redis must begin with https://",
    ],
    [
      "a token with the end of its line",
      { ...REDIS, UPSTASH_REDIS_REST_TOKEN: "s3cret-t0ken\n" },
      "the token for Redis must be visible ASCII, and not empty",
    ],
  ])("is named, and nothing secret with it: %s", (_what, given, message) => {
    expect(messageOf(given)).toBe(message);
    expect(message).not.toContain("s3cret");
  });

  it("is not a Redis of which both are empty: that is off", () => {
    const off = { UPSTASH_REDIS_REST_URL: "", UPSTASH_REDIS_REST_TOKEN: "" };
    expect(bind(off).fallback).toBeUndefined();
  });
});

describe("a store that fails", () => {
  const notAsked = (store: string) => ({ kind: "unavailable", cause: new BreakerOpenError(store) });

  it("is not asked for a moment, which is logged, and the other store is", async () => {
    const fetches = vi.spyOn(globalThis, "fetch").mockImplementation(() => Promise.reject(new Error("refused")));
    const { fallback, replicas } = bind({ ...REDIS, SESSION_REPLICAS: namespace() });
    for (let i = 0; i < 5; i++) expect(await fallback?.read("s")).toMatchObject({ cause: { code: "no-answer" } });
    expect(await fallback?.read("s")).toEqual(notAsked("redis"));
    expect(fetches).toHaveBeenCalledTimes(5);
    expect(String(fetches.mock.calls[0]?.[0])).toMatch(/^https:\/\/redis\.test/);
    const reason = "RedisFault: no usable answer came from Redis";
    expect(logged).toEqual([{ event: "store_open", store: "redis", reason }]);
    expect(states()).toEqual([
      ["redis", "open"],
      ["kv", "closed"],
    ]);
    expect(await replicas?.read(refTo("s"), T0)).toEqual({ kind: "miss" });
  });

  it("is tried again later, which is logged too", async () => {
    const kv = namespace();
    const get = vi.spyOn(kv, "get").mockRejectedValue(new Error("KV GET failed: 500 Internal Server Error"));
    const { replicas } = bind({ SESSION_REPLICAS: kv });
    const read = () => replicas?.read(refTo("s"), T0);
    for (let i = 0; i < 5; i++) await read();
    expect(await read()).toEqual(notAsked("kv"));
    get.mockRestore();
    vi.setSystemTime(T0 + 500);
    expect(await read()).toEqual({ kind: "miss" });
    expect(logged).toEqual([
      { event: "store_open", store: "kv", reason: "Error: KV GET failed: 500 Internal Server Error" },
      { event: "store_half_open", store: "kv" },
      { event: "store_closed", store: "kv" },
    ]);
  });

  it("is given up after a second: KV", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: T0 });
    const kv = { ...namespace(), get: () => new Promise<never>(() => {}) };
    const found = bind({ SESSION_REPLICAS: kv }).replicas?.read(refTo("s"), T0);
    await vi.advanceTimersByTimeAsync(999);
    expect(await Promise.race([found, "under way"])).toBe("under way");
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toEqual({ kind: "unavailable", cause: new Error("no answer within 1000 ms") });
  });
});
