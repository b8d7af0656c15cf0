import { beforeEach, describe, expect, it } from "vitest";
import { PoolAuthority } from "../../../src/objects/pool/pool-authority.ts";
import { PATIENCE_MS } from "../../../src/objects/pool/pool-probes.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { BETWEEN_KV_WRITES_MS } from "../../../src/upstream/live/published-states.ts";
import { at, T0 } from "../../support/time.ts";
import {
  AWAY_MS,
  alarmAt,
  ask,
  beginPool,
  events,
  look,
  meets,
  now,
  onAuthority,
  pool,
  runUntil,
  sent,
  silently,
  storage,
  world,
  written,
} from "./probed-pool.ts";
import { ERROR, flags, PASSED, PLAN, planOf, testProbes } from "./probes.suite.ts";

beforeEach(() => beginPool());

testProbes("by the object of the pool", (given) => {
  beginPool(given);
  return {
    runUntil,
    look,
    change: (change) => onAuthority((authority) => authority.change({ pool, change, awayMs: AWAY_MS })),
    published: () => written,
  };
});

describe("a pool whose origins are well", () => {
  it("is not probed any more once no isolate has asked for ten minutes, and again with the first that does", async () => {
    await ask();
    await silently(10_000);
    expect(sent.at(-1)?.[1]).toBe(PATIENCE_MS / 1000 - 10);
    expect(await alarmAt()).toBe(null);
    expect((await look()).probes).toEqual({});
    sent.length = 0;
    await ask();
    await silently(10_005);
    expect(sent).toEqual([
      ["a", 10_000],
      ["b", 10_000],
    ]);
  });

  it("is not probed if no origin has a health check", async () => {
    await onAuthority((authority) => authority.alarm());
    expect([await alarmAt(), sent, (await look()).probes]).toEqual([null, [], {}]);
  });
});

describe("an origin that fails its probes", () => {
  it("is published when KV takes it again", async () => {
    world.kvFault = new Error("KV PUT failed: 500 Internal Server Error");
    meets.set("b", ERROR);
    await runUntil(40);
    expect(new Set(world.log.map(({ event }) => event))).toEqual(
      new Set(["origin_unhealthy", "pool_state_unpublished"]),
    );
    world.kvFault = undefined;
    await runUntil(50);
    expect(written.map(({ state }) => flags(state))).toEqual([{ b: "status" }]);
  });

  it("stays unhealthy while the pool has no visitors; the first probe after that confirms it anew", async () => {
    meets.set("b", ERROR);
    await ask();
    await silently(5_000);
    const before = written.length;
    await ask();
    await silently(5_001);
    expect(written.slice(before).map(({ state }) => state.origins[0]?.unhealthy)).toEqual([
      { since: at(20), reason: "status", until: at(5_600) },
    ]);
    expect(events()).toHaveLength(1);
  });
});

describe("a round that fails", () => {
  it("leaves the alarm set, whatever fails in a round", async () => {
    await ask();
    await storage((it) => it.deleteAlarm());
    world.random = Number.NaN;
    const broken = onAuthority((authority) => {
      world.log = new Proxy([], {
        get: () => {
          throw new Error("no log");
        },
      });
      meets.set("a", () => Promise.reject(new Error("x")));
      return authority.alarm();
    });
    await expect(broken).rejects.toThrow("no log");
    expect(await alarmAt()).not.toBe(null);
  });
});

describe("another plan", () => {
  it("that comes and goes, as during a deploy, does not make probes more frequent", async () => {
    await ask();
    const other = planOf(["a", "c"]);
    for (let second = 0; second < 60; second++) {
      await silently(second);
      await ask(second % 2 ? other : PLAN);
    }
    for (const id of ["a", "b", "c"]) {
      const times = sent.filter(([asked]) => asked === id).map(([, second]) => second);
      expect(times.length).toBeLessThanOrEqual(7);
    }
  });
});

describe("a pool of many origins", () => {
  /** How often the verdicts of origins are read when an isolate asks for probes of so many origins. */
  async function looksFor(origins: number): Promise<number> {
    let looks = 0;
    const stored = new Map<string, unknown>();
    const look = (item: object, name: PropertyKey) => {
      looks++;
      return Reflect.get(item, name);
    };
    const counted = (value: unknown) =>
      Array.isArray(value) ? value.map((item: object) => new Proxy(item, { get: look })) : value;
    const kv = {
      get: <T>(key: string) => counted(stored.get(key)) as T | undefined,
      put: (key: string, value: unknown) => stored.set(key, JSON.parse(JSON.stringify(value))),
      delete: (key: string) => stored.delete(key),
      list: () => [],
    };
    const authority = new PoolAuthority({
      rows: new PoolRows({ kv }),
      alarms: { getAlarm: async () => T0, setAlarm: async () => {} },
      publish: async () => {},
      betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
      probe: async () => PASSED,
      sendNote: async () => {},
      keepAlive: () => {},
      random: () => 0,
      clock: () => now,
      log: () => {},
    });
    const plan = planOf(Array.from({ length: origins }, (_, i) => `origin-${i}`));
    await authority.probe({ pool, plan, awayMs: AWAY_MS });
    await authority.alarm();
    looks = 0;
    await authority.probe({ pool, plan, awayMs: AWAY_MS });
    return looks;
  }

  it("takes its object ten times the work for ten times the origins, not a hundred times", async () => {
    expect((await looksFor(200)) / (await looksFor(20))).toBeCloseTo(10, 0);
  });
});
