import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { HEARD_MS, Totals } from "../../../src/objects/pool/totals.ts";
import type { PoolTotals } from "../../../src/upstream/live/pool-contracts.ts";
import type { Report } from "../../../src/upstream/live/report.ts";
import { addTo, emptySketch } from "../../../src/upstream/live/sketch.ts";
import { at, T0 } from "../../support/time.ts";

const AWAY_MS = 3_600_000;
let now: number;
let pools = 0;
let pool: string;
let numbers: Map<string, number>;

beforeEach(() => {
  now = T0;
  pool = `totals-${pools++}`;
  numbers = new Map();
});

/** The object of a pool, as an instance of it works on its storage; also how many rows it has written. */
function onTotals<T>(work: (totals: Totals, written: () => number) => T): Promise<T> {
  return runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => {
    let written = 0;
    const kv = {
      get: <V>(key: string) => storage.kv.get<V>(key),
      delete: (key: string) => storage.kv.delete(key),
      list: <V>(options: { prefix: string }) => storage.kv.list<V>(options),
      put(key: string, value: unknown) {
        written++;
        storage.kv.put(key, value);
      },
    };
    return work(new Totals({ rows: new PoolRows({ kv }), clock: () => now }), () => written);
  });
}

function reportOf(isolate: string, requests: number, more: Partial<Report> = {}): Report {
  const number = (numbers.get(isolate) ?? 0) + 1;
  numbers.set(isolate, number);
  const state = { colo: "FRA", version: "v1", config: "c1", ejected: [], panics: false, open: [] };
  return { ...state, isolate, number, counts: { requests }, ...more };
}
const take = (totals: Totals, report: Report) => totals.take([], report, AWAY_MS);
const requestsIn = ({ counts }: Pick<PoolTotals, "counts">) => counts.requests;

describe("the totals of a pool", () => {
  it("are the sum of the reports of all isolates", () =>
    onTotals((totals) => {
      for (const isolate of ["one", "two", "one"]) take(totals, reportOf(isolate, 10));
      expect(requestsIn(totals.look(false, AWAY_MS))).toBe(30);
    }));

  it("count a report once, however often it is sent, and also after the object was ended", async () => {
    const report = reportOf("one", 10);
    await onTotals((totals) => {
      take(totals, report);
      take(totals, report);
      expect(requestsIn(totals.look(false, AWAY_MS))).toBe(10);
    });
    await onTotals((totals) => {
      take(totals, report);
      expect(requestsIn(totals.look(false, AWAY_MS))).toBe(10);
    });
  });

  it("never fall: a total that was shown outlives the object's end", async () => {
    const shown = await onTotals((totals) => {
      take(totals, reportOf("one", 1));
      take(totals, reportOf("one", 2));
      return requestsIn(totals.look(false, AWAY_MS));
    });
    expect(shown).toBe(3);
    expect(await onTotals((totals) => requestsIn(totals.look(false, AWAY_MS)))).toBe(3);
  });

  it("are saved at most once a minute, three rows at a time, while nobody looks", () =>
    onTotals((totals, written) => {
      for (let second = 0; second < 600; second++) {
        now = at(second);
        const sketch = emptySketch();
        addTo(sketch, `session ${second}`);
        totals.take([{ origin: "a", sketch }], reportOf(`isolate ${second % 7}`, 1), AWAY_MS);
      }
      expect(written()).toBeLessThanOrEqual(4 * 10);
      expect(requestsIn(totals.look(false, AWAY_MS))).toBe(600);
    }));

  it("are kept by minutes for an hour, also after the object's end", async () => {
    await onTotals((totals) => {
      for (const minute of [0, 1, 62]) {
        now = at(minute * 60);
        take(totals, reportOf("one", minute + 1));
      }
      totals.save();
    });
    const { minutes } = await onTotals((totals) => totals.look(false, AWAY_MS));
    expect(minutes).toEqual([{ at: at(62 * 60), counts: { requests: 63 }, bound: {} }]);
  });

  it("tell about how many sessions each origin has", () =>
    onTotals((totals) => {
      const sketch = emptySketch();
      for (const session of ["one", "two", "three"]) addTo(sketch, session);
      totals.take([{ origin: "a", sketch }], undefined, AWAY_MS);
      totals.take([{ origin: "b", sketch: new Uint8Array(3) }], undefined, AWAY_MS);
      expect(totals.look(false, AWAY_MS).bound).toEqual({ a: 3 });
    }));

  it("keep about how many sessions each origin had in each minute with a report, also after the object's end", async () => {
    const sketch = emptySketch();
    await onTotals((totals) => {
      for (const minute of [0, 1, 3]) {
        now = at(minute * 60);
        addTo(sketch, `session of ${minute}`);
        totals.take([{ origin: "a", sketch: sketch.slice() }], reportOf("one", 1), AWAY_MS);
      }
    });
    const { minutes } = await onTotals((totals) => totals.look(false, AWAY_MS));
    expect(minutes.map((minute) => [minute.at, minute.bound])).toEqual([
      [at(0), { a: 1 }],
      [at(60), { a: 2 }],
      [at(180), { a: 3 }],
    ]);
  });
});

describe("the isolates of a pool", () => {
  it("are counted by location, build, ejected origin and open breaker", () =>
    onTotals((totals) => {
      const ejectedAt = (since: number, reason: string) => ({ ejected: ["b"], ejections: { b: { since, reason } } });
      take(totals, reportOf("one", 1, { ...ejectedAt(30, "errors"), open: ["redis"], openSince: { redis: 12 } }));
      take(totals, reportOf("two", 1, { ...ejectedAt(20, "silence"), colo: "AMS", panics: true }));
      now = at(30);
      take(totals, reportOf("three", 1, { config: "c2" }));
      expect(totals.look(false, AWAY_MS).isolates).toEqual({
        heard: 3,
        oldestAt: T0,
        colos: { FRA: 2, AMS: 1 },
        builds: { "v1 c1": 2, "v1 c2": 1 },
        ejecting: { b: { FRA: 1, AMS: 1 } },
        ejections: { b: { since: 20, reason: "silence" } },
        panicking: 1,
        open: { redis: { FRA: 1 } },
        openSince: { redis: 12 },
      });
    }));

  it("are no longer heard when they have not reported for 150 seconds", () =>
    onTotals((totals) => {
      take(totals, reportOf("one", 1));
      now = T0 + HEARD_MS;
      expect(totals.look(false, AWAY_MS).isolates.heard).toBe(1);
      now++;
      expect(totals.look(false, AWAY_MS).isolates).toMatchObject({ heard: 0, oldestAt: undefined });
    }));

  it("are watched for 30 seconds after an operator has looked, and not after a scrape", () =>
    onTotals((totals) => {
      totals.look(false, AWAY_MS);
      expect(totals.isWatched()).toBe(false);
      totals.look(true, AWAY_MS);
      now = at(29);
      expect(totals.isWatched()).toBe(true);
      now = at(31);
      expect(totals.isWatched()).toBe(false);
    }));
});
