import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRedisWorld } from "../../emulation/redis.ts";
import { RedisFault, type RedisFaultCode } from "../../src/redis/client.ts";
import { type Breaker, BreakerOpenError, createBreaker } from "../../src/store/breaker.ts";
import type { Copies, Kept, Lookup } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { guardCopies, guardFallback } from "../../src/store/guarded.ts";
import { copyOf, refTo, uniqueId } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";
import { testFallback } from "./fallback.suite.ts";
import { newId, recordsAt } from "./redis/records.ts";

let now = T0;
let breaker: Breaker;

beforeEach(() => {
  now = T0;
  breaker = createBreaker({ name: "store", clock: () => now, random: () => 0 });
});
afterEach(() => vi.useRealTimers());

const notAsked = { kind: "unavailable", cause: new BreakerOpenError("store") };

async function times(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await call();
}

describe("guarded copies", () => {
  const DEADLINE_MS = 100;
  const MISS: Lookup = { kind: "miss" };
  const KEPT: Kept = { kind: "kept" };

  /** Copies that answer as the test says. `asked` lists the calls. */
  function guarded(told: { read?: () => Promise<Lookup>; keep?: () => Promise<Kept> } = {}) {
    const asked: unknown[][] = [];
    const { read = async () => MISS, keep = async () => KEPT } = told;
    const copies: Copies = {
      name: "kv",
      read: (...question) => {
        asked.push(question);
        return read();
      },
      keep: (...question) => {
        asked.push(question);
        return keep();
      },
    };
    return { asked, ...guardCopies(copies, breaker, DEADLINE_MS) };
  }
  const read = (copies: Copies) => copies.read(refTo("s"), T0);
  const keep = (copies: Copies) => copies.keep(copyOf("s"));

  it("pass each call on, and return its answer", async () => {
    const hit: Lookup = { kind: "hit", copy: copyOf("s") };
    const copies = guarded({ read: async () => hit, keep: async () => ({ kind: "older" }) });
    expect(copies.name).toBe("kv");
    expect(await read(copies)).toBe(hit);
    expect(await keep(copies)).toEqual({ kind: "older" });
    expect(copies.asked).toEqual([[refTo("s"), T0], [copyOf("s")]]);
  });

  it.each<[string, () => Promise<never>]>([
    ["throws", () => Promise.reject(new Error("KV GET failed: 500 Internal Server Error"))],
    [
      "throws before it promises anything",
      () => {
        throw new Error("KV GET failed: 500 Internal Server Error");
      },
    ],
  ])("are unavailable when the store %s, and are not asked after the fifth time", async (_what, fails) => {
    const copies = guarded({ read: fails, keep: fails });
    const unavailable = { kind: "unavailable", cause: new Error("KV GET failed: 500 Internal Server Error") };
    expect(await read(copies)).toEqual(unavailable);
    expect(await keep(copies)).toEqual(unavailable);
    await times(3, () => read(copies));
    expect(await keep(copies)).toEqual(notAsked);
    expect(await read(copies)).toEqual(notAsked);
    expect(copies.asked).toHaveLength(5);
  });

  it("are unavailable when the store takes too long, and are not asked after the fifth time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const hangs = () => new Promise<never>(() => {});
    const copies = guarded({ read: hangs, keep: hangs });
    const answers = [read, keep, read, keep, read].map((ask) => ask(copies));
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1);
    expect(breaker.state()).toBe("closed");
    await vi.advanceTimersByTimeAsync(1);
    const late = { kind: "unavailable", cause: new Error("no answer within 100 ms") };
    expect(await Promise.all(answers)).toEqual(new Array(5).fill(late));
    expect(await read(copies)).toEqual(notAsked);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not spared for the fault of a single session: it counts as an answer", async () => {
    const cause = Object.assign(new Error("of one session"), { isOneSessions: true });
    const copies = guarded({ read: async () => ({ kind: "unavailable", cause }) });
    await times(20, () => read(copies));
    expect(copies.asked).toHaveLength(20);
    expect(await read(copies)).toEqual({ kind: "unavailable", cause });
  });

  it.each<[string, Lookup]>([
    ["a hit", { kind: "hit", copy: copyOf("s") }],
    ["a miss", MISS],
    ["an end", { kind: "ended" }],
    ["what is of one session", { kind: "unavailable", cause: new RedisFault("unopened") }],
  ])("are asked again after the try was answered by %s", async (_what, answer) => {
    let answers: Lookup = { kind: "unavailable", cause: new Error("down") };
    const copies = guarded({ read: async () => answers });
    await times(5, () => read(copies));
    now += 500;
    answers = answer;
    expect(await read(copies)).toEqual(answer);
    expect(breaker.state()).toBe("closed");
  });

  it("are tried by one request at a time when they have been spared for a while", async () => {
    let answer: () => Promise<Lookup> = () => Promise.reject(new Error("down"));
    const copies = guarded({ read: () => answer() });
    await times(5, () => read(copies));
    now += 500;
    const { promise, resolve } = Promise.withResolvers<Lookup>();
    answer = () => promise;
    const trying = read(copies);
    expect(await read(copies)).toEqual(notAsked);
    resolve(MISS);
    expect(await trying).toEqual(MISS);
    expect(await read(copies)).toEqual(MISS);
  });
});

describe("a guarded fallback", () => {
  const { recordOf, entryOf } = recordsAt(() => now);
  const id = newId();
  const calls: Record<Exclude<keyof Fallback, "name">, (fallback: Fallback) => Promise<{ kind: string }>> = {
    read: (fallback) => fallback.read(id),
    keep: (fallback) => fallback.keep(recordOf(id)),
    append: (fallback) => fallback.append(entryOf(id, { patches: [{}] })),
    takeOver: (fallback) => fallback.takeOver(id, [], undefined),
    pendingSets: (fallback) => fallback.pendingSets(),
    pending: (fallback) => fallback.pending(0, 0, 100),
    settled: (fallback) => fallback.settled(id, T0),
    settledSet: (fallback) => fallback.settledSet(0, T0),
  };
  const methods = Object.keys(calls) as (keyof typeof calls)[];

  /** A fallback whose every method is unavailable. `count` is the number of calls. */
  function failing(cause: () => unknown) {
    const told = { count: 0 };
    const answer = async () => {
      told.count++;
      return { kind: "unavailable" as const, cause: cause() };
    };
    return {
      told,
      fallback: guardFallback(Object.fromEntries(methods.map((name) => [name, answer])) as never, breaker),
    };
  }

  it.each(methods)("counts failures in %s, and is then not asked", async (method) => {
    const { told, fallback } = failing(() => new RedisFault("no-answer"));
    for (let i = 0; i < 5; i++) {
      expect(await calls[method](fallback)).toEqual({ kind: "unavailable", cause: new RedisFault("no-answer") });
    }
    expect(await calls[method](fallback)).toEqual(notAsked);
    expect(told.count).toBe(5);
  });

  it.each<RedisFaultCode>(["timeout", "no-answer", "refused", "unreadable"])(
    "counts a fault of Redis: %s",
    async (code) => {
      const { fallback } = failing(() => new RedisFault(code));
      await times(5, () => fallback.read(id));
      expect(breaker.state()).toBe("open");
    },
  );

  it.each<RedisFaultCode>(["unopened", "foreign-schema", "journal-full"])(
    "counts the fault of a single session as an answer: %s",
    async (code) => {
      const { told, fallback } = failing(() => new RedisFault(code));
      await times(20, () => fallback.read(id));
      expect([breaker.state(), told.count]).toEqual(["closed", 20]);
    },
  );

  it.each([undefined, null, "text", {}])("counts a cause that is no error: %o", async (cause) => {
    const { fallback } = failing(() => cause);
    await times(5, () => fallback.read(id));
    expect(breaker.state()).toBe("open");
  });

  it("shares its breaker among its methods", async () => {
    const { told, fallback } = failing(() => new RedisFault("timeout"));
    for (const method of methods.slice(0, 5)) await calls[method](fallback);
    for (const method of methods) expect(await calls[method](fallback)).toEqual(notAsked);
    expect(told.count).toBe(5);
  });

  it("passes a mistake of the code on", async () => {
    const fallback = guardFallback(createRedisWorld({ now: () => now }).fallback, breaker);
    await expect(fallback.append(entryOf(uniqueId(), { rotate: true }))).rejects.toThrow(TypeError);
  });
});

testFallback("Redis in memory behind a breaker", {
  create() {
    now = T0;
    const guard = createBreaker({ name: "redis", clock: () => now, random: () => 0 });
    return guardFallback(createRedisWorld({ now: () => now }).fallback, guard);
  },
  now: () => now,
  setClock(time) {
    now = time;
  },
  gaps: [],
});
