/** @needs redis-server */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { createRedisWorld } from "../../../emulation/redis.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { MOST_JOURNAL_BYTES, pendingSetOf } from "../../../src/store/redis/limits.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { entryOf, newId, recordOf, STORE_RING } from "../../store/redis/records.ts";
import { run, startRedis } from "../local-redis/rest.ts";

let redis: LocalRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A call to make both to Redis and to the fallback in memory. */
type Call = (fallback: Fallback) => Promise<unknown>;

/** Two sessions of one pending set, and a session of another set. */
const [id, neighbour, stranger] = [
  "AAAAAAAAAAAAAAAAAAAAAA",
  "AAAAAAAAAAAAAAAAAAAAAQ",
  "BBBBBBBBBBBBBBBBBBBBBA",
] as const;
const set = pendingSetOf(id);
const FAR = Date.now() + 10_000_000;
const patchSizes = [0, 0, 0, 90_000, 170_000];
const entries = Array.from({ length: 24 }, (_, i) => {
  const patches = [{ text: "x".repeat(patchSizes[i % patchSizes.length] as number) }];
  const asked = { patches, ...(i % 11 === 7 ? { end: true as const } : {}) };
  return entryOf([id, id, neighbour, stranger][i % 4] as string, asked);
});
const changeIds = entries.map(({ change }) => change.id);

const someId = fc.constantFrom(id, id, neighbour, stranger);
const someTime = fc.constantFrom(-8_000, -1_000, 0, 1_000, 9_000, 10_000, 11_000, 12_000, 30_000).map((ms) => FAR + ms);
const someRecord = fc
  .record({
    id: someId,
    version: fc.constantFrom(1, 2, 9, 10, 4_294_967_295),
    touchedAt: fc.constantFrom(9_000, 10_000, FAR),
    generation: fc.constantFrom(0, 1, 9, 10),
    ended: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constant({ at: 0, reason: "ended" as const })),
  })
  .map(({ id, ended, ...given }) => recordOf(id, { ...given, ...(ended ? { ended } : {}) }));

const append = fc
  .record({
    entry: fc.constantFrom(...entries),
    expiresAt: fc.oneof({ weight: 8, arbitrary: someTime }, fc.constant(1)),
    generation: fc.constantFrom(0, 0, 0, 1, 9, 10),
  })
  .map(({ entry: { ref, change }, expiresAt, generation }): Call => {
    const entry = { ref: { ...ref, generation }, change: { ...change, expiresAt } };
    return (fallback) => fallback.append(entry);
  });
const takeOver = fc
  .record({ record: fc.option(someRecord, { nil: undefined }), id: someId, taken: fc.subarray(changeIds) })
  .map(
    ({ record, id, taken }): Call =>
      (fallback) =>
        fallback.takeOver(record?.id ?? id, taken, record),
  );
const pending = fc.tuple(fc.constantFrom(set, pendingSetOf(stranger)), fc.nat(3), fc.integer({ min: 1, max: 3 })).map(
  (args): Call =>
    (fallback) =>
      fallback.pending(...args),
);
const settled = fc.tuple(someId, someTime).map(
  (args): Call =>
    (fallback) =>
      fallback.settled(...args),
);
const settledSet = fc.tuple(fc.constantFrom(set, pendingSetOf(stranger)), someTime).map(
  (args): Call =>
    (fallback) =>
      fallback.settledSet(...args),
);

const call = fc.oneof(
  { weight: 6, arbitrary: append },
  {
    weight: 2,
    arbitrary: someRecord.map(
      (record): Call =>
        (fallback) =>
          fallback.keep(record),
    ),
  },
  { weight: 2, arbitrary: takeOver },
  { weight: 1, arbitrary: pending },
  { weight: 1, arbitrary: settled },
  { weight: 1, arbitrary: settledSet },
);
const looks: Call[] = [
  ...[id, neighbour, stranger].map(
    (one): Call =>
      (fallback) =>
        fallback.read(one),
  ),
  (fallback) => fallback.pending(set, 0, 10),
  (fallback) => fallback.pendingSets(),
];

/** The same empty store twice, each as two isolates see it. */
async function createBoth(): Promise<{ real: Fallback; inMemory: Fallback }[]> {
  await run(redis, "FLUSHALL");
  const { fallback, connect } = createRedisWorld({ now: Date.now });
  return [fallback, connect()].map((inMemory) => {
    const real = createRedisFallback({ url: redis.url, token: redis.token, seal: createSeal(STORE_RING) });
    return { real, inMemory };
  });
}

describe("Redis in memory", () => {
  it("answers as a real Redis does, whatever two isolates ask of it", async () => {
    const isolate = fc.nat(1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(isolate, call), { maxLength: 25, size: "max" }), async (calls) => {
        const isolates = await createBoth();
        for (const [which, ask] of [...calls, ...looks.map((look) => [0, look] as const)]) {
          const { real, inMemory } = isolates[which] as (typeof isolates)[number];
          expect(await ask(inMemory)).toEqual(await ask(real));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has its journal full at the same byte", async () => {
    const [{ real, inMemory }] = (await createBoth()) as [{ real: Fallback; inMemory: Fallback }];
    const lengthOf = (text: string) => JSON.stringify(entryOf(newId(), { patches: [{ text }] })).length;
    const about = (MOST_JOURNAL_BYTES * 3) / 4 - lengthOf("x".repeat(300_000)) - lengthOf("") - 100;
    const answers = [];
    for (let length = about - 20; length < about + 20; length++) {
      const own = newId();
      for (const text of ["x".repeat(300_000), `\u00e9${"x".repeat(length - 2)}`]) {
        const entry = entryOf(own, { patches: [{ text }] });
        const [one, other] = [await real.append(entry), await inMemory.append(entry)];
        expect(other).toEqual(one);
        answers.push(one.kind);
      }
    }
    expect(new Set(answers)).toEqual(new Set(["appended", "unavailable"]));
  });
});
