/** @needs redis-server */
/** @quick */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { JsonObject } from "../../../src/session/patch.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { backupKey, journalKey } from "../../../src/store/redis/limits.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { DAY_MS, entryOf, newId, recordOf, STORE_RING, tombstone } from "../../store/redis/records.ts";
import { macRing } from "../../support/rings.ts";
import { POLICY } from "../../support/sessions.ts";
import { run, startRedis } from "../local-redis/rest.ts";

let redis: LocalRedis;
let fallback: Fallback;
let id: string;

beforeAll(async () => {
  redis = await startRedis();
  fallback = createRedisFallback({
    url: redis.url,
    token: redis.token,
    seal: createSeal(STORE_RING),
    deadlineMs: 20_000,
  });
});
afterAll(() => redis.stop());
beforeEach(() => {
  id = newId();
});

/** Within half a minute, because a test's clock and the clock of Redis are read at different times. */
function expectAbout(actual: unknown, expected: number): void {
  expect(actual).toBeGreaterThan(expected - 30_000);
  expect(actual).toBeLessThanOrEqual(expected + 30_000);
}

describe("a session's values", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  const attributes = fc
    .dictionary(text, fc.oneof(text, fc.jsonValue({ stringUnit: "binary" })), { maxKeys: 5 })
    .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

  it("come back as they were, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(attributes, attributes, async (held, patch) => {
        const own = newId();
        const record = recordOf(own, { attributes: held });
        const entry = entryOf(own, { patches: [patch] });
        await fallback.keep(record);
        await fallback.append(entry);
        expect(await fallback.read(own)).toEqual({ kind: "found", record, entries: [entry] });
      }),
      {
        numRuns: 150,
        examples: [
          [
            { ok: "OK", number: "12345678901234567890", json: '{"a":1}' },
            { lone: "\ud800", nul: "\0", mark: "\ufeff" },
          ],
          [JSON.parse('{"__proto__":{"a":1},"constructor":null}'), JSON.parse('{"__proto__":null}')],
        ],
      },
    );
  });

  it("may be as large as a record can be", async () => {
    const record = recordOf(id, { attributes: { large: "\u20ac".repeat(349_000) } });
    expect(await fallback.keep(record)).toMatchObject({ kind: "kept" });
    expect(await fallback.read(id)).toEqual({ kind: "found", record, entries: [] });
  });
});

describe("the data that Redis holds of a session", () => {
  const backupLife = () => run(redis, "PTTL", backupKey(id));
  const journalLife = () => run(redis, "PTTL", journalKey(id));
  const recordThatLives = (lifeMs: number) => recordOf(id, { absoluteDeadline: Date.now() + lifeMs });

  it("lives as long as the session can, idle or not", async () => {
    await fallback.keep(recordThatLives(7 * DAY_MS));
    expectAbout(await backupLife(), 7 * DAY_MS);
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 30 * 86_400 } }));
    expectAbout(await journalLife(), 30 * DAY_MS);
  });

  it("counts from the session's birth", async () => {
    const bornAt = Date.now() - 3 * DAY_MS;
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 7 * 86_400 } }, { bornAt }));
    expectAbout(await journalLife(), 4 * DAY_MS);
  });

  it("lives a day at least, so that a long outage does not cost it", async () => {
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 1 } }));
    expectAbout(await journalLife(), DAY_MS);
    await fallback.keep(recordThatLives(-DAY_MS));
    expectAbout(await backupLife(), DAY_MS);
  });

  it("that has ended keeps its tombstone as long as a token or an entry of the session can be alive", async () => {
    const times = { absoluteDeadline: Date.now() + 2 * DAY_MS, foundingDeadline: Date.now() + 3 * DAY_MS };
    await fallback.keep({ ...tombstone(id, 1), ...times });
    expectAbout(await backupLife(), 3 * DAY_MS);
  });

  it("lives on with each change, and no change shortens a journal's life", async () => {
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 9 * 86_400 } }));
    await fallback.append(entryOf(id));
    expectAbout(await journalLife(), 9 * DAY_MS);
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 10 * 86_400 } }));
    expectAbout(await journalLife(), 10 * DAY_MS);
  });

  it("forgets a journal's life once the journal is empty", async () => {
    const entry = entryOf(id, { policy: { ...POLICY, absoluteSeconds: 9 * 86_400 } });
    await fallback.append(entry);
    await fallback.takeOver(id, [entry.change.id], undefined);
    await fallback.append(entryOf(id));
    expectAbout(await journalLife(), DAY_MS);
  });

  it("keeps the journal as long as the backup, though the policy has become shorter since", async () => {
    await fallback.keep(recordThatLives(20 * DAY_MS));
    await fallback.append(entryOf(id, { policy: { ...POLICY, absoluteSeconds: 60 } }));
    expectAbout(await journalLife(), 20 * DAY_MS);
  });

  it("shows a reader of Redis nothing but versions, generations, times and ids of changes", async () => {
    const secret = { shoeSize: "number-forty-two" };
    await fallback.keep(recordOf(id, { attributes: secret, principal: "alice@example" }));
    await fallback.append(entryOf(id, { patches: [secret] }));
    const hash = (await run(redis, "HGETALL", backupKey(id))) as string[];
    const list = (await run(redis, "LRANGE", journalKey(id), 0, -1)) as string[];
    const fields = hash.filter((_, i) => i % 2 === 0);
    expect(fields.toSorted()).toEqual(["ended", "generation", "record", "touched", "version"]);
    expect(list[0]).toMatch(/^[\w-]{22} - 0 [\w-]+$/);
    expect([...hash, ...list].join()).not.toMatch(/shoeSize|number-forty|alice@/);
  });
});

describe("a value that does not open", () => {
  const unopened = { kind: "unavailable", cause: { name: "RedisFault", code: "unopened" } };

  beforeEach(async () => {
    await fallback.keep(recordOf(id));
    await fallback.append(entryOf(id));
    await fallback.append(entryOf(id, { end: true }));
    expect(await fallback.read(id)).toMatchObject({ kind: "found", entries: [{}, {}] });
  });

  it("for want of its key is unavailable, not missing", async () => {
    const seal = createSeal(macRing(2));
    const stranger = createRedisFallback({ url: redis.url, token: redis.token, seal, deadlineMs: 20_000 });
    expect(await stranger.read(id)).toMatchObject(unopened);
    await run(redis, "DEL", backupKey(id));
    expect(await stranger.read(id)).toMatchObject(unopened);
  });

  it("opens with an old key of the ring", async () => {
    const seal = createSeal(macRing(2, 1));
    expect(await createRedisFallback({ url: redis.url, token: redis.token, seal }).read(id)).toEqual(
      await fallback.read(id),
    );
  });

  it.each(["", "garbage", "{}"])("because it is damaged (%j) is unavailable", async (damage) => {
    await run(redis, "HSET", backupKey(id), "record", damage);
    expect(await fallback.read(id)).toMatchObject(unopened);
  });

  it("because another version was written in clear is unavailable", async () => {
    await run(redis, "HSET", backupKey(id), "version", 2);
    expect(await fallback.read(id)).toMatchObject(unopened);
  });

  it("because it is another session's is unavailable", async () => {
    const other = newId();
    await run(redis, "COPY", backupKey(id), backupKey(other));
    expect(await fallback.read(other)).toMatchObject(unopened);
    await run(redis, "DEL", backupKey(other));
    await run(redis, "COPY", journalKey(id), journalKey(other));
    expect(await fallback.read(other)).toMatchObject(unopened);
  });

  it.each([
    ["of which nothing is left", () => ""],
    ["under the name of another change", (stored: string) => stored.replace(/^\S+/, newId())],
    ["that is passed off as an end", (stored: string) => stored.replace(" - ", " end ")],
    ["that is passed off as of another generation", (stored: string) => stored.replace(" 0 ", " 1 ")],
    ["with a part missing", (stored: string) => stored.split(" ").slice(0, 3).join(" ")],
    ["with a part too many", (stored: string) => stored.replace(" 0 ", " 0 0 ")],
  ])("because it is an entry %s is unavailable", async (_what, forged) => {
    const [stored] = (await run(redis, "LRANGE", journalKey(id), 0, 0)) as [string];
    await run(redis, "LSET", journalKey(id), 0, forged(stored));
    expect(await fallback.read(id)).toMatchObject(unopened);
  });

  it("though its fields are missing in part is unavailable", async () => {
    await run(redis, "HDEL", backupKey(id), "record");
    expect(await fallback.read(id)).toMatchObject({ kind: "unavailable", cause: { code: "unreadable" } });
  });

  it("because newer code has written it is unavailable", async () => {
    await fallback.keep({ ...recordOf(id, { version: 2 }), schema: 3 } as never);
    expect(await fallback.read(id)).toMatchObject({ kind: "unavailable", cause: { code: "foreign-schema" } });
  });
});
