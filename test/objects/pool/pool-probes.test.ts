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
  ERROR,
  events,
  flags,
  look,
  meets,
  now,
  onAuthority,
  PASSED,
  PLAN,
  planOf,
  pool,
  runUntil,
  sent,
  silently,
  storage,
  world,
  written,
} from "./probed-pool.ts";

beforeEach(beginPool);

describe("a pool whose origins are well", () => {
  it("is probed at once and at every interval, origin by origin, and nothing is written to KV", async () => {
    await runUntil(35);
    expect(sent).toEqual(
      [0, 10, 20, 30].flatMap((second) => [
        ["a", second],
        ["b", second],
      ]),
    );
    expect([written, world.log]).toEqual([[], []]);
    expect((await look()).probes).toEqual({
      a: { verdict: { state: "healthy", since: T0 }, last: { at: at(30), result: PASSED } },
      b: { verdict: { state: "healthy", since: T0 }, last: { at: at(30), result: PASSED } },
    });
  });

  it("is probed up to a tenth of an interval later, all origins together, so that pools do not probe in step", async () => {
    world.random = 0.5;
    await runUntil(22);
    expect(sent.map(([, second]) => second)).toEqual([0, 0, 10.5, 10.5, 21, 21]);
  });

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
  it("is published as unhealthy at once, logged once, and so is that it has recovered", async () => {
    await runUntil(5);
    meets.set("b", ERROR);
    await runUntil(100);
    expect(written.map(({ state, at: time }) => [state.version, (time - T0) / 1000, flags(state)])).toEqual([
      [1, 30, { b: "status" }],
    ]);
    expect(written[0]?.state.origins).toEqual([
      { id: "b", closures: [], unhealthy: { since: at(30), reason: "status", until: at(630) } },
    ]);
    meets.clear();
    await runUntil(200);
    expect(written.map(({ state, at: time }) => [state.version, (time - T0) / 1000, flags(state)]).slice(1)).toEqual([
      [2, 120, {}],
    ]);
    expect(events()).toEqual([
      ["origin_unhealthy", "b", "status 500"],
      ["origin_recovered", "b", "passed"],
    ]);
    expect((await look()).probes?.b?.verdict).toEqual({ state: "healthy", since: at(120) });
  });

  it("is told again every five minutes while that lasts, as it would lapse in ten", async () => {
    meets.set("b", { kind: "timeout" });
    await runUntil(1_500);
    expect(written.map(({ at: time }) => (time - T0) / 1000)).toEqual([20, 320, 620, 920, 1_220]);
    expect(events()).toEqual([["origin_unhealthy", "b", "timeout"]]);
    for (const { state, at: time } of written) {
      expect((state.origins[0]?.unhealthy?.until ?? 0) - time).toBe(600_000);
    }
  });

  it("is asked in an interval of its own", async () => {
    const plan = planOf(["a", "b"], { unhealthyIntervalSeconds: 60 });
    meets.set("b", { kind: "lost" });
    await runUntil(150, plan);
    expect(sent.flatMap(([id, second]) => (id === "b" ? [second] : []))).toEqual([0, 10, 20, 80, 140]);
    expect(sent.filter(([id]) => id === "a")).toHaveLength(16);
  });

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

describe("a probe that cannot be sent at all", () => {
  it("says nothing about the origin, hinders no other probe, and the next probe is sent in its time", async () => {
    meets.set("a", () => Promise.reject(new TypeError("no such binding")));
    meets.set("b", ERROR);
    await runUntil(45);
    expect(sent.filter(([id]) => id === "a").map(([, second]) => second)).toEqual([0, 10, 20, 30, 40]);
    expect(written.map(({ state }) => flags(state))).toEqual([{ b: "status" }]);
    expect(world.log).toContainEqual({
      event: "probe_failed",
      pool,
      origin: "a",
      reason: "TypeError: no such binding",
    });
    expect((await look()).probes?.a).toEqual({ verdict: undefined, last: undefined });
  });

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

describe("probes of many origins", () => {
  it("are sent side by side, six at a time at most", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `o${i}`);
    let underWay = 0;
    let most = 0;
    for (const id of ids) {
      meets.set(id, async () => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay--;
        return PASSED;
      });
    }
    await runUntil(0, planOf(ids));
    expect([most, sent.length]).toEqual([6, 20]);
  });
});

describe("another plan", () => {
  it("replaces the plan before it: origins that vanish are forgotten, new origins are probed at once, the other origins keep their state", async () => {
    meets.set("a", ERROR).set("b", ERROR);
    await runUntil(25);
    expect(written.map(({ state }) => flags(state))).toEqual([{ a: "status", b: "status" }]);
    const plan = planOf(["b", "c"]);
    sent.length = 0;
    await runUntil(29, plan);
    expect(sent).toEqual([["c", 25]]);
    expect(written.slice(1).map(({ state }) => flags(state))).toEqual([{ b: "status" }]);
    sent.length = 0;
    await runUntil(32, plan);
    expect(sent).toEqual([["b", 30]]);
    expect(Object.keys((await look()).probes ?? {})).toEqual(["b", "c"]);
  });

  it("with another address has another origin", async () => {
    meets.set("b", ERROR);
    await runUntil(25);
    const moved = {
      ...PLAN,
      targets: PLAN.targets.map((it) => (it.id === "b" ? { ...it, url: "http://new.test" } : it)),
    };
    meets.clear();
    await runUntil(28, moved);
    expect((await look()).probes?.b?.verdict).toMatchObject({ state: "healthy", since: at(25) });
    expect(written.map(({ state }) => flags(state))).toEqual([{ b: "status" }, {}]);
  });

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
