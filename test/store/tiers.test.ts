import { beforeEach, describe, expect, it } from "vitest";
import type { Copy } from "../../src/session/copy.ts";
import type { Committed } from "../../src/store/contracts.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Shown } from "../../src/store/outage.ts";
import { changeAt, copyOf, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { DOWN, fresh, hit, NOW, renewStores, resolve, stores, tiersOf } from "./answering-stores.ts";

const TOMBSTONE = copyOf("s", { version: 9, ended: { at: T0, reason: "ended" } });

beforeEach(renewStores);

describe("a session is looked for", () => {
  it("in memory, then in KV, then at the authority, until a copy may answer", async () => {
    stores.answers.object = hit();
    expect(await resolve({ replicated: true })).toMatchObject({ kind: "hit", source: "object" });
    expect(stores.asked).toEqual(["kv", "object"]);
    stores.asked = [];
    expect(await resolve({ replicated: true })).toMatchObject({ kind: "hit", source: "memory" });
    expect(stores.asked).toEqual([]);
  });

  it("in KV only when the token says that a replica exists", async () => {
    stores.answers.kv = hit();
    stores.answers.object = hit();
    await resolve({ replicated: false });
    expect(stores.asked).toEqual(["object"]);
  });

  it("at the authority alone on a strict route", async () => {
    stores.memory.keep(fresh());
    stores.answers.object = hit({ attributes: { a: 1 } });
    expect(await resolve({ replicated: true }, { strict: true })).toMatchObject({ copy: { attributes: { a: 1 } } });
    expect(stores.asked).toEqual(["object"]);
  });

  it("at the authority when KV cannot be reached: that is no miss", async () => {
    stores.answers.kv = DOWN;
    stores.answers.object = hit();
    expect(await resolve({ replicated: true })).toMatchObject({ kind: "hit", source: "object" });
  });

  it("in KV once: the copy from KV is kept in memory", async () => {
    stores.answers.kv = hit();
    expect(await resolve({ replicated: true })).toMatchObject({ source: "kv" });
    expect(await resolve({ replicated: true })).toMatchObject({ source: "memory" });
  });

  it("in KV with a bound of two minutes, in memory with a bound of five seconds", async () => {
    stores.answers.object = hit();
    const now = at(130);
    stores.memory.keep(fresh({ vouchedAt: at(125) }));
    expect(await resolve({}, { now })).toMatchObject({ source: "memory" });
    expect(await resolve({}, { now: now + 1 })).toMatchObject({ source: "object" });
    stores.answers.kv = hit({ vouchedAt: at(10) });
    expect(await resolve({ replicated: true, issuedAt: T0 }, { now: now + 1 })).toMatchObject({ source: "object" });
    stores.answers.kv = hit({ vouchedAt: at(10) + 1 });
    stores.memory = createMemory();
    stores.tiers = tiersOf({});
    expect(await resolve({ replicated: true, issuedAt: T0 }, { now: now + 1 })).toMatchObject({ source: "kv" });
  });
});

const BROKEN: [string, Partial<Copy>, Parameters<typeof resolve>[0]][] = [
  ["is older than the token", { version: 1 }, { version: 2 }],
  ["is of another generation", { generation: 0 }, { generation: 1 }],
  ["was vouched for before the token had settled", {}, { issuedAt: at(4) }],
  ["was vouched for before the journal was looked at", { journalSeenAt: at(7) }, { markedAt: at(3) }],
  ["is idle", { idleDeadline: at(9) }, {}],
  ["is past its absolute deadline", { absoluteDeadline: at(9) }, {}],
];

describe.each(BROKEN)("a copy that %s does not answer", (_what, copy, token) => {
  it("from memory, nor from KV, and the authority is asked", async () => {
    stores.memory.keep(fresh(copy));
    stores.answers.kv = hit(copy);
    stores.answers.object = hit({ version: 5 });
    expect(await resolve({ ...token, replicated: true })).toMatchObject({ source: "object", copy: { version: 5 } });
  });

  it("while the authority is out of reach either, and Redis is asked", async () => {
    stores.memory.keep(fresh(copy));
    stores.answers.kv = hit(copy);
    stores.answers.redis = { kind: "hit", copy: fresh({ version: 5 }), journaled: true, stale: false };
    expect(await resolve({ ...token, replicated: true })).toMatchObject({
      source: "redis",
      copy: { version: 5 },
      journaled: true,
    });
  });

  it("and with Redis out of reach as well the session is unavailable, never missing", async () => {
    stores.memory.keep(fresh(copy));
    stores.answers.kv = hit(copy);
    expect(await resolve({ ...token, replicated: true })).toMatchObject({ kind: "unavailable" });
  });
});

describe("the stores that were asked before, and why they did not answer", () => {
  const why = async (...given: Parameters<typeof resolve>) =>
    (await resolve(...given)).passed.map(({ source, why }) => `${source}:${why}`);

  it("are none when memory answers, or the authority is asked at once", async () => {
    stores.memory.keep(fresh());
    expect(await why()).toEqual([]);
    stores.answers.object = hit();
    expect(await why({}, { strict: true })).toEqual([]);
  });

  it("are told with the answer of each, or the rule that its copy breaks", async () => {
    stores.answers.kv = hit({ version: 1 });
    stores.answers.object = hit({ version: 5 });
    expect(await why({ replicated: true, version: 2 })).toEqual(["memory:miss", "kv:version"]);
    stores.answers.kv = DOWN;
    expect(await why({ replicated: true, version: 6 })).toEqual(["memory:version", "kv:unavailable"]);
  });

  it("are told for the answer of Redis, for a stale answer, and when there is no answer", async () => {
    stores.memory.keep(fresh({ vouchedAt: at(4) }));
    stores.answers.redis = { kind: "hit", copy: fresh({ version: 1, mayBeKept: false }), stale: false };
    expect(await why()).toEqual(["memory:settle", "object:unavailable"]);
    stores.answers.redis = { kind: "hit", copy: fresh({ version: 1 }), stale: true };
    expect(await why({ version: 2 }, { onStale: "serve" })).toEqual([
      "memory:version",
      "object:unavailable",
      "redis:version",
    ]);
    stores.answers.redis = DOWN;
    expect(await why()).toEqual(["memory:settle", "object:unavailable", "redis:unavailable"]);
  });
});

describe("the changes that this isolate has given the journal", () => {
  it("mark the session for all visitors who come through the isolate", async () => {
    stores.memory.keep(fresh());
    stores.journaledAt = at(6);
    stores.answers.object = hit({ vouchedAt: NOW, journalSeenAt: NOW });
    expect(await resolve()).toMatchObject({ source: "object" });
    await resolve({ markedAt: at(5) });
    await resolve({ markedAt: at(7) });
    await stores.tiers.commit(refTo("s"), changeAt(T0, {}), new Set());
    expect(stores.refs.slice(0, 4).map(({ markedAt }) => markedAt)).toEqual([at(6), at(6), at(7), at(6)]);
  });

  it("are none where there is no Redis", async () => {
    stores.tiers = tiersOf({ outage: undefined });
    stores.answers.object = hit();
    await resolve();
    expect(stores.refs[0]).not.toHaveProperty("markedAt");
  });
});

describe("the remaining copy while stores are out of reach", () => {
  const STALE: Shown = { kind: "hit", copy: fresh({ version: 2 }), journaled: true, stale: true };

  it("is served, marked stale, where the route says so", async () => {
    stores.answers.redis = STALE;
    expect(await resolve({ version: 3 }, { onStale: "serve" })).toMatchObject({
      kind: "hit",
      source: "redis",
      stale: true,
      journaled: true,
    });
    expect(await resolve({ version: 3 }, { onStale: "refuse" })).toMatchObject({ kind: "unavailable" });
  });

  it("may come from memory or KV, the newest first", async () => {
    stores.memory.keep(fresh({ version: 3 }));
    stores.answers.kv = hit({ version: 4 });
    stores.answers.redis = STALE;
    const serve = { onStale: "serve" } as const;
    expect(await resolve({ version: 9, replicated: true }, serve)).toMatchObject({ source: "kv", stale: true });
    expect(await resolve({ version: 9 }, serve)).toMatchObject({ source: "memory", stale: true });
  });

  it("comes from Redis, of a single version: that shows the journal too", async () => {
    stores.memory.keep(fresh({ version: 2 }));
    stores.answers.redis = STALE;
    expect(await resolve({ version: 3 }, { onStale: "serve" })).toMatchObject({ source: "redis", journaled: true });
  });

  it.each<[string, Partial<Copy>]>([
    ["of another generation", { generation: 1 }],
    ["past its absolute deadline", { absoluteDeadline: NOW }],
  ])("is never one %s", async (_what, copy) => {
    stores.memory.keep(fresh({ version: 1, ...copy }));
    stores.answers.redis = { kind: "hit", copy: fresh(copy), stale: true };
    expect(await resolve({ version: 2 }, { onStale: "serve" })).toMatchObject({ kind: "unavailable" });
  });

  it("is not needed when Redis has the version that the client has seen", async () => {
    stores.memory.keep(fresh({ version: 3, vouchedAt: at(4) }));
    stores.answers.redis = { kind: "hit", copy: fresh({ version: 1 }), stale: false };
    const found = await resolve({}, { onStale: "serve" });
    expect(found).toMatchObject({ source: "redis", stale: false, copy: { version: 1 } });
  });

  it("without Redis is the copy in memory, or nothing", async () => {
    stores.tiers = tiersOf({ outage: undefined });
    expect(await resolve({}, { onStale: "serve" })).toMatchObject({ kind: "unavailable", source: "object" });
    stores.memory.keep(fresh({ vouchedAt: T0 }));
    expect(await resolve({}, { onStale: "serve" })).toMatchObject({ kind: "hit", source: "memory", stale: true });
  });
});

describe("ended is final", () => {
  it.each(["memory", "kv", "object", "redis"] as const)("when %s says so, though others know better", async (store) => {
    stores.answers = { ...stores.answers, kv: hit({ version: 50 }), object: hit({ version: 50 }) };
    const ended = { kind: "ended", tombstone: TOMBSTONE } as const;
    if (store === "memory") stores.memory.keep(TOMBSTONE);
    if (store === "kv") stores.answers.kv = ended;
    if (store === "object") stores.answers = { ...stores.answers, kv: { kind: "miss" }, object: ended };
    if (store === "redis") stores.answers = { ...stores.answers, kv: { kind: "miss" }, object: DOWN, redis: ended };
    expect(await resolve({ replicated: true })).toMatchObject({ kind: "ended", source: store });
    // The next request is of another tab, whose token is older.
    stores.answers = { ...stores.answers, kv: hit({ version: 50 }), object: hit({ version: 50 }) };
    expect(await resolve({ replicated: true })).toMatchObject({ kind: "ended", source: "memory" });
  });

  it("and an end that Redis shows in the journal counts, whatever memory still has", async () => {
    stores.memory.keep(fresh({ vouchedAt: T0 }));
    stores.answers.redis = { kind: "ended", journaled: true };
    expect(await resolve({}, { onStale: "serve" })).toMatchObject({ kind: "ended", journaled: true });
  });
});

describe("a change", () => {
  let toMark: Set<string>;
  beforeEach(() => {
    toMark = new Set();
  });
  const commit = () => stores.tiers.commit(refTo("s"), changeAt(T0, {}), toMark);

  it.each<Committed>([
    { kind: "committed", copy: fresh() },
    { kind: "conflict", current: fresh() },
    { kind: "superseded" },
    { kind: "ended" },
    { kind: "refused", reason: "too-large" },
  ])("goes to the authority alone when that answers: $kind", async (committed) => {
    stores.answers.committed = committed;
    expect(await commit()).toEqual(committed);
    expect(stores.asked).toEqual(["object"]);
  });

  it("goes to the journal when the authority is out of reach", async () => {
    stores.answers.journaled = { kind: "journaled", asked: true };
    expect(await commit()).toEqual({ kind: "journaled", asked: true });
    expect(stores.asked).toEqual(["object", "redis"]);
    expect([...toMark]).toEqual(["s"]);
  });

  it("that the journal was not asked to take needs no mark", async () => {
    stores.answers.journaled = DOWN;
    expect(await commit()).toEqual(DOWN);
    expect([...toMark]).toEqual([]);
  });

  it("is unavailable without Redis", async () => {
    stores.tiers = tiersOf({ outage: undefined });
    expect(await commit()).toEqual(DOWN);
  });

  it("is kept in memory as the authority has answered it, a tombstone as well", async () => {
    stores.answers.committed = { kind: "committed", copy: fresh({ version: 2 }) };
    await commit();
    expect(stores.memory.read(refTo("s"))).toMatchObject({ kind: "hit", copy: { version: 2 } });
    stores.answers.committed = { kind: "ended", tombstone: TOMBSTONE };
    await commit();
    expect(stores.memory.read(refTo("s"))).toMatchObject({ kind: "ended" });
  });
});

describe("memory keeps", () => {
  const held = () => stores.memory.read(refTo("s"));

  it("nothing that may not be kept", async () => {
    stores.answers.object = hit({ mayBeKept: false });
    await resolve();
    expect(stores.tiers.keep(fresh({ mayBeKept: false }))).toEqual({ kind: "older" });
    expect(held()).toEqual({ kind: "miss" });
  });

  it("of a superseded generation not the copy that it is still shown, but the session that superseded it", async () => {
    const newest = fresh({ generation: 1, principal: "alice" });
    stores.answers.object = { kind: "superseded", before: fresh({ mayBeKept: false }), current: newest };
    expect(await resolve()).toMatchObject({ kind: "superseded", before: { generation: 0 } });
    expect(held()).toEqual({ kind: "hit", copy: newest });
  });
});
