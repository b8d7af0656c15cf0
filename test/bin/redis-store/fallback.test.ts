import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { journalKey, pendingKey, pendingSetOf } from "../../../src/store/redis/keys.ts";
import type { BackupLookup, Fallback } from "../../../src/store/redis-contracts.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { run, startRedis } from "../local-redis/rest.ts";
import { entryOf, idsOf, newId, recordOf, STORE_RING, tombstone } from "./records.ts";

let redis: LocalRedis;
let fallback: Fallback;
let id: string;

beforeAll(async () => {
  redis = await startRedis();
  fallback = createRedisFallback({ url: redis.url, token: redis.token, seal: createSeal(STORE_RING) });
});
afterAll(() => redis.stop());
beforeEach(() => {
  id = newId();
});

async function found(): Promise<Extract<BackupLookup, { kind: "found" }>> {
  const lookup = await fallback.read(id);
  if (lookup.kind !== "found") throw lookup.cause;
  return lookup;
}

describe("a read", () => {
  it("of a session that Redis knows nothing of finds no record and no entries", async () => {
    expect(await fallback.read(id)).toEqual({ kind: "found", entries: [] });
  });

  it("gives back the backup and the journal's entries, as they were and in order", async () => {
    const record = recordOf(id, {
      version: 4_294_967_295,
      generation: 3,
      principal: "alice",
      attributes: { basket: { tea: 1 } },
      rotatedAt: 5,
      recentChanges: [{ id: "c", expiresAt: 7, generation: 2 }],
    });
    const entries = [entryOf(id, { patches: [{ a: 1 }, { a: null }] }), entryOf(id, { touch: true }), entryOf(id)];
    await fallback.keep(record);
    for (const entry of entries) await fallback.append(entry);
    expect(await fallback.read(id)).toEqual({ kind: "found", record, entries });
  });

  it("finds a journal without a backup", async () => {
    const entry = entryOf(id, { patches: [{ a: 1 }] });
    await fallback.append(entry);
    expect(await fallback.read(id)).toEqual({ kind: "found", entries: [entry] });
  });

  it("of one session finds nothing of another", async () => {
    await fallback.keep(recordOf(newId()));
    await fallback.append(entryOf(newId()));
    expect(await fallback.read(id)).toEqual({ kind: "found", entries: [] });
  });
});

describe("a backup", () => {
  it("is replaced by a newer version, and never by an older one", async () => {
    expect(await fallback.keep(recordOf(id, { version: 9 }))).toEqual({ kind: "kept" });
    expect(await fallback.keep(recordOf(id, { version: 10 }))).toEqual({ kind: "kept" });
    expect(await fallback.keep(recordOf(id, { version: 9, attributes: { old: true } }))).toEqual({ kind: "older" });
    expect((await found()).record).toMatchObject({ version: 10, attributes: {} });
  });

  it("of the same version is replaced by a later touch, and never by an earlier one", async () => {
    expect(await fallback.keep(recordOf(id, { touchedAt: 9_000 }))).toEqual({ kind: "kept" });
    expect(await fallback.keep(recordOf(id, { touchedAt: 10_000 }))).toEqual({ kind: "kept" });
    expect(await fallback.keep(recordOf(id, { touchedAt: 9_000 }))).toEqual({ kind: "older" });
    expect((await found()).record?.touchedAt).toBe(10_000);
  });

  it("of the same version and touch is replaced by what arrives last", async () => {
    const record = recordOf(id, { returned: false });
    await fallback.keep(record);
    expect(await fallback.keep({ ...record, returned: true })).toEqual({ kind: "kept" });
    expect((await found()).record?.returned).toBe(true);
  });

  it("of a newer version is kept though its touch is earlier", async () => {
    await fallback.keep(recordOf(id, { touchedAt: 10_000 }));
    expect(await fallback.keep(recordOf(id, { version: 2, touchedAt: 9_000 }))).toEqual({ kind: "kept" });
  });

  it("that is a tombstone replaces what is not newer, and is replaced by nothing", async () => {
    await fallback.keep(recordOf(id, { version: 5 }));
    expect(await fallback.keep(tombstone(id, 4))).toEqual({ kind: "older" });
    expect(await fallback.keep(tombstone(id, 6))).toEqual({ kind: "kept" });
    const ended = await found();
    expect(ended.record).toMatchObject({ version: 6, ended: { reason: "ended" } });
    expect(await fallback.keep(recordOf(id, { version: 7 }))).toEqual({ kind: "ended" });
    expect(await fallback.keep(tombstone(id, 8))).toEqual({ kind: "ended" });
    expect(await found()).toEqual(ended);
  });
});

describe("the journal", () => {
  it("takes a change once, however often it is sent", async () => {
    const entry = entryOf(id, { patches: [{ a: 1 }] });
    const answers = [await fallback.append(entry), await fallback.append(entry)];
    answers.push(...(await Promise.all([fallback.append(entry), fallback.append(entry)])));
    for (const answer of answers) expect(answer).toEqual({ kind: "appended" });
    expect((await found()).entries).toEqual([entry]);
  });

  it("acknowledges a repeat that arrives after the change has expired, or after an end", async () => {
    const entry = entryOf(id);
    await fallback.append(entry);
    const late = { ...entry, change: { ...entry.change, expiresAt: Date.now() - 1 } };
    expect(await fallback.append(late)).toEqual({ kind: "appended" });
    await fallback.append(entryOf(id, { end: true }));
    expect(await fallback.append(entry)).toEqual({ kind: "appended" });
    expect((await found()).entries).toHaveLength(2);
  });

  it("refuses a change that has expired by the clock of Redis", async () => {
    expect(await fallback.append(entryOf(id, { expiresAt: Date.now() - 1 }))).toEqual({ kind: "expired" });
    expect((await found()).entries).toEqual([]);
  });

  it("takes no change after an end, and no second end", async () => {
    await fallback.append(entryOf(id, { patches: [{ a: 1 }] }));
    expect(await fallback.append(entryOf(id, { end: true }))).toEqual({ kind: "appended" });
    expect(await fallback.append(entryOf(id, { patches: [{ b: 1 }] }))).toEqual({ kind: "ended" });
    expect(await fallback.append(entryOf(id, { end: true }))).toEqual({ kind: "ended" });
    expect((await found()).entries).toHaveLength(2);
  });

  it("takes no change of a session whose backup is a tombstone", async () => {
    await fallback.keep(tombstone(id, 1));
    expect(await fallback.append(entryOf(id))).toEqual({ kind: "ended" });
    expect((await found()).entries).toEqual([]);
  });

  it("takes no login, no rotation and no change that asks for a version: those are the authority's", async () => {
    for (const asked of [{ principal: "alice" }, { rotate: true as const }, { ifVersion: 0 }]) {
      await expect(fallback.append(entryOf(id, asked))).rejects.toThrow(TypeError);
    }
    expect(await fallback.read(id)).toEqual({ kind: "found", entries: [] });
  });

  it("that would not be read in one reply takes no more", async () => {
    const large = "x".repeat(1_000_000);
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await fallback.append(entryOf(id, { patches: [{ large }] })));
    const full = { kind: "unavailable", cause: { code: "journal-full" } };
    expect(answers).toMatchObject([{ kind: "appended" }, { kind: "appended" }, { kind: "appended" }, full]);
    expect((await found()).entries).toHaveLength(3);
  });
});

describe("a take-over", () => {
  it("removes exactly the entries that were taken, and writes the backup", async () => {
    const entries = Array.from({ length: 4 }, (_, i) => entryOf(id, { patches: [{ i }] }));
    for (const entry of entries) await fallback.append(entry);
    const [first, second, third, fourth] = entries.map(({ change }) => change.id) as [string, string, string, string];
    const record = recordOf(id, { version: 2 });
    expect(await fallback.takeOver([first, third, newId()], record)).toEqual({ kind: "kept" });
    const left = await found();
    expect(left.record).toEqual(record);
    expect(idsOf(left.entries)).toEqual([second, fourth]);
  });

  it("with nothing taken writes the backup alone", async () => {
    await fallback.append(entryOf(id));
    expect(await fallback.takeOver([], recordOf(id))).toEqual({ kind: "kept" });
    expect(await found()).toMatchObject({ record: { version: 1 }, entries: [{}] });
  });

  it("removes what was taken though a newer backup or a tombstone stays", async () => {
    const [one, two] = [entryOf(id), entryOf(id)];
    await fallback.append(one);
    await fallback.append(two);
    await fallback.keep(recordOf(id, { version: 3 }));
    expect(await fallback.takeOver([one.change.id], recordOf(id, { version: 2 }))).toEqual({ kind: "older" });
    expect(await found()).toEqual({ kind: "found", record: expect.objectContaining({ version: 3 }), entries: [two] });
    await fallback.keep(tombstone(id, 4));
    expect(await fallback.takeOver([two.change.id], recordOf(id, { version: 5 }))).toEqual({ kind: "ended" });
    expect(await found()).toMatchObject({ record: { version: 4, ended: {} }, entries: [] });
  });

  it("of an end leaves a tombstone, after which no change is taken", async () => {
    const end = entryOf(id, { end: true });
    await fallback.append(end);
    await fallback.takeOver([end.change.id], tombstone(id, 2));
    expect(await fallback.append(entryOf(id))).toEqual({ kind: "ended" });
    expect((await found()).entries).toEqual([]);
  });
});

describe("pending sessions", () => {
  const set = () => pendingSetOf(id);
  const noted = async () => {
    const pending = await fallback.pending(set(), 1_000);
    if (pending.kind !== "ids") throw pending.cause;
    return pending.ids.includes(id);
  };

  beforeEach(() => run(redis, "FLUSHALL"));

  it("are none at first", async () => {
    expect(await fallback.pending(63, 10)).toEqual({ kind: "ids", ids: [] });
  });

  it("are noted before the journal takes the change", async () => {
    await run(redis, "SET", journalKey(id), "no list: the append fails");
    expect(await fallback.append(entryOf(id))).toMatchObject({ kind: "unavailable" });
    expect(await noted()).toBe(true);
  });

  it("get no journal while they cannot be noted", async () => {
    await run(redis, "SET", pendingKey(set()), "no sorted set: the note fails");
    expect(await fallback.append(entryOf(id))).toMatchObject({ kind: "unavailable" });
    expect((await found()).entries).toEqual([]);
  });

  it("come oldest first, and no more than are asked for", async () => {
    const ids = Array.from({ length: 3 }, () => `${id.slice(0, 4)}${newId().slice(4)}`);
    const now = Date.now();
    for (const [i, one] of ids.entries()) await fallback.append(entryOf(one, { expiresAt: now + 8_000 - i }));
    expect(await fallback.pending(set(), 2)).toEqual({ kind: "ids", ids: [ids[2], ids[1]] });
    expect(await fallback.pending(set(), 1)).toEqual({ kind: "ids", ids: [ids[2]] });
  });

  it("are forgotten once no change that was noted can still arrive", async () => {
    const { change, ...entry } = entryOf(id);
    await fallback.append({ ...entry, change });
    expect(await fallback.settled(id, change.expiresAt)).toEqual({ kind: "older" });
    expect(await noted()).toBe(true);
    const clocksApartMs = 1_000;
    expect(await fallback.settled(id, change.expiresAt + clocksApartMs)).toEqual({ kind: "kept" });
    expect(await noted()).toBe(false);
  });

  it("are noted for the change that can arrive last", async () => {
    const now = Date.now();
    await fallback.append(entryOf(id, { expiresAt: now + 9_000 }));
    await fallback.append(entryOf(id, { expiresAt: now + 5_000 }));
    expect(await fallback.settled(id, now + 7_000)).toEqual({ kind: "older" });
    await fallback.append(entryOf(id, { expiresAt: now + 20_000 }));
    expect(await fallback.settled(id, now + 12_000)).toEqual({ kind: "older" });
  });

  it("that were never noted are settled", async () => {
    expect(await fallback.settled(id, Date.now())).toEqual({ kind: "kept" });
  });
});

describe("a fallback that cannot work", () => {
  const seal = createSeal(STORE_RING);
  it.each([
    [{ url: "", token: "t" }],
    [{ url: "redis://127.0.0.1", token: "t" }],
    [{ url: "https://", token: "t" }],
    [{ url: "https://redis.test", token: "" }],
    [{ url: "https://redis.test", token: "two words" }],
    [{ url: "https://redis.test", token: "line\n" }],
    [{ url: "https://redis.test", token: "t", deadlineMs: 0 }],
    [{ url: "https://redis.test", token: "t", deadlineMs: 60_001 }],
    [{ url: "https://redis.test", token: "t", deadlineMs: Number.NaN }],
  ])("is refused: %j", (options) => {
    expect(() => createRedisFallback({ ...options, seal })).toThrow(TypeError);
  });
});
