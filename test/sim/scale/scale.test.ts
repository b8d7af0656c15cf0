import { describe, expect, it } from "vitest";
import { ASSUMPTIONS } from "../../../sim/scale/assumptions.ts";
import { LIVELY, runDeploy, runOutage } from "../../../sim/scale/cuts.ts";
import { runHotSession } from "../../../sim/scale/hot-session.ts";
import { runPoolKey, runSessionKey } from "../../../sim/scale/kv-keys.ts";
import { type LoadOptions, runLoad, totalOf } from "../../../sim/scale/load.ts";
import { readOptions, SEED } from "../../../sim/scale/options.ts";
import { runOrigins } from "../../../sim/scale/origins.ts";
import { runPoolAtWork } from "../../../sim/scale/pool-at-work.ts";
import { runIndexCalls, runSharedAccount } from "../../../sim/scale/principals.ts";
import { runSweep } from "../../../sim/scale/sweep.ts";
import { SETTLE_MS } from "../../../src/session/freshness.ts";
import { ASK_EVERY_MS } from "../../../src/upstream/live/probing.ts";
import { REPORT_EVERY_MS } from "../../../src/upstream/live/report.ts";

const USUAL = {
  seed: 1,
  sessions: 2,
  isolatesPerLocation: 10,
  isolateLifeSeconds: 600,
  connectionIdleSeconds: 90,
  spreading: "scattered",
} as const;
const load = (workload: string, options: Partial<LoadOptions> = {}) => runLoad({ ...USUAL, workload, ...options });

describe("a sample of visitors", () => {
  it("takes the same course for the same seed, and another for another", async () => {
    const once = await load("shop");
    expect(await load("shop")).toEqual(once);
    expect(await load("shop", { seed: 2 })).not.toEqual(once);
  });

  it("asks no store for visitors who keep no data", async () => {
    const { operations } = await load("anonymous");
    expect(Object.values(operations).filter((count) => count > 0)).toEqual([]);
  });

  it("is answered from memory by a single isolate, and rarely by many isolates", async () => {
    const calls = async (options: Partial<LoadOptions>) => {
      const { operations, sessionRequests } = await load("signed-in browse", options);
      return operations["object call"] / sessionRequests;
    };
    const one = await calls({ isolatesPerLocation: 1 });
    expect(one).toBeLessThan(0.35);
    expect(await calls({ isolatesPerLocation: 100 })).toBeGreaterThan(0.9);
    // The requests of a page come by one connection.
    expect(await calls({ isolatesPerLocation: 100, spreading: "connections" })).toBeCloseTo(one, 1);
  });

  it("touches as often as the policy says: a tenth of the idle timeout", async () => {
    const written = async (idleSeconds: number) => {
      const { operations } = await load("API polling", { sessions: 1, config: { session: { idleSeconds } } });
      return operations["object change"];
    };
    // The visitor polls for an hour: 60 touches, or only the first touch, which shows that they have come back.
    expect(await written(600)).toBeGreaterThan(50);
    expect(await written(43_200)).toBeLessThan(4);
  });

  it("publishes replicas for travellers, and none if the policy says so", async () => {
    const travels = await load("travelling", { sessions: 1 });
    expect(travels.operations["KV write"]).toBeGreaterThan(5);
    expect(travels.kvWritesInOneSecond).toBe(1);
    // Forty pages a minute apart, and a replica answers for two: every second page needs a new one.
    expect(travels.operations["KV write"]).toBeLessThan(25);
    const stays = await load("travelling", { sessions: 1, config: { stores: { replicate: "off" } } });
    expect([stays.operations["KV write"], stays.operations["KV read"]]).toEqual([0, 0]);
  });

  it("backs changes up, unless the policy says otherwise", async () => {
    expect((await load("shop")).operations["Redis command"]).toBeGreaterThan(0);
    const { operations } = await load("shop", { config: { stores: { backup: "off" } } });
    expect(operations["Redis command"]).toBeLessThan((await load("shop")).operations["Redis command"]);
  });

  it("is added up by the shares of the mix", async () => {
    const loads = [await load("anonymous"), await load("shop")];
    const mix = [
      { workload: "anonymous", share: 0.5 },
      { workload: "shop", share: 0.5 },
    ];
    const total = totalOf(loads, { ...ASSUMPTIONS, visitors: 1_000, mix });
    const [, shop] = loads as [unknown, (typeof loads)[number]];
    const calls = (500 * shop.operations["object call"]) / shop.sessions / shop.seconds;
    expect(total.operations["object call"]).toBeCloseTo(calls, 6);
    expect(totalOf(loads, { ...ASSUMPTIONS, visitors: 2_000, mix }).dollars).toBeCloseTo(2 * total.dollars, 6);
  });
});

describe("sessions and principals that many share", () => {
  it("one session is asked for by each isolate once in the time for which memory answers", async () => {
    const { callsPerSecond } = await runHotSession({
      isolates: 10,
      requestsPerIsolate: 5,
      seconds: 20,
      roundTripMs: 30,
      seed: 1,
    });
    expect(callsPerSecond).toBeGreaterThan(10 / 6);
    expect(callsPerSecond).toBeLessThan(10 / 4.5);
  });

  it("a principal ends their sessions twenty at a time", async () => {
    const { endCalls, turns } = await runSharedAccount(100, 1, 30);
    expect([endCalls, turns]).toEqual([100, 5]);
    expect((await runIndexCalls(2, 1)).callsPerSession).toBe(2);
  });

  it("a pool's object is asked by each isolate every two minutes and told every minute, and no isolate is late for a drain", async () => {
    const options = { locations: 20, isolatesPerLocation: 2, requestsPerIsolate: 5, deploySeconds: 10, seed: 1 };
    const pool = await runPoolAtWork(options);
    expect(pool.calls.later.mean).toBeCloseTo((40 * 1000) / ASK_EVERY_MS + (40 * 1000) / REPORT_EVERY_MS, 1);
    expect(pool.lateForDrain).toBe(0);
    // 60 s in KV, 30 in a location's cache, 30 until the isolate looks.
    expect(pool.known.max).toBeLessThanOrEqual(120);
    expect(pool.known.max).toBeGreaterThan(30);
    expect(pool.puts).toBe(2);
    expect(await runPoolAtWork(options)).toEqual(pool);
  });

  it("a KV key is written at most once a second, a session's once in a settle period", async () => {
    const pool = await runPoolKey(1, 1);
    expect(pool.writes).toBeGreaterThan(20);
    expect(pool.leastGapSeconds).toBeGreaterThan(1);
    const session = await runSessionKey(1, 1);
    expect(session.writes).toBeGreaterThan(8);
    expect(session.leastGapSeconds).toBeGreaterThanOrEqual(SETTLE_MS / 1000);
  });
});

describe("events that meet all sessions at once", () => {
  const crowd = { ...USUAL, spreading: "connections", sessions: 4 } as const;

  it("a deploy costs each busy session one call", async () => {
    const { stretches } = await runDeploy(crowd, LIVELY);
    const [before, first] = stretches.map(({ perVisitor }) => perVisitor["object call"] ?? 0) as [number, number];
    expect(before).toBeLessThan(0.3);
    expect(first).toBeCloseTo(1, 0);
  });

  it("an outage is answered by Redis, and over when it is over", async () => {
    const outage = await runOutage(crowd, { traffic: "busy", elsewhere: 0, outageSeconds: 60 });
    const answered = (stretch: (typeof outage)["during"], from: "redis" | "object") =>
      (stretch.perVisitor[`answered by ${from}`] ?? 0) / (stretch.perVisitor.request ?? 1);
    expect(answered(outage.during, "redis")).toBe(1);
    expect(outage.during.perVisitor.failed).toBe(0);
    expect(answered(outage.after, "redis")).toBeLessThan(0.1);
    expect(answered(outage.after, "object")).toBeGreaterThan(0.05);
  });

  it("the sweep takes over all journals, faster the nearer it is", async () => {
    const how = { pending: 60, redisRoundTripMs: 20, seed: 1, mostSweeps: 3 };
    const near = await runSweep({ ...how, roundTripMs: 20 });
    const far = await runSweep({ ...how, roundTripMs: 200 });
    expect(near.perSweep).toEqual([60]);
    expect(far.perSweep).toEqual([60]);
    expect(far.minutes).toBeGreaterThan(near.minutes);
  });

  it("probes go round six at a time", async () => {
    const { roundSeconds, deadRoundSeconds, configBytes } = await runOrigins(12, 1);
    expect(roundSeconds).toBeCloseTo(0.1, 5);
    expect(deadRoundSeconds).toBeCloseTo(10, 5);
    expect(configBytes).toBeGreaterThan(500);
  });
});

describe("the command", () => {
  it("takes a seed, and names the mistake in any other argument", () => {
    expect(readOptions([])).toEqual({ kind: "run", quick: false, json: false, save: false, seed: SEED });
    expect(readOptions(["--quick", "--seed", "7", "--json"])).toMatchObject({ quick: true, seed: 7, json: true });
    expect(readOptions(["--seed", "x"])).toMatchObject({ kind: "mistake", message: expect.stringContaining('"x"') });
    expect(readOptions(["--quick", "--save"])).toMatchObject({ kind: "mistake" });
    expect(readOptions(["--loud"])).toMatchObject({ kind: "mistake" });
    expect(readOptions(["--help"])).toEqual({ kind: "help" });
  });
});
