import { describe, expect, it } from "vitest";
import { mistakes, origin, pool, resolved } from "./configs.ts";

const withPool = (changes: object) => ({ pools: [pool(changes)] });
const withOutliers = (outlierDetection: unknown, origins = 1) =>
  withPool({ outlierDetection, origins: Array.from({ length: origins }, (_, i) => origin({ id: `o${i}` })) });
const detectionOf = (outlierDetection?: unknown) =>
  resolved(withOutliers(outlierDetection, 5)).pools[0]?.outlierDetection;

describe("outlier detection", () => {
  it("is of gateway failures alone by default", () => {
    expect(detectionOf()).toEqual({
      consecutiveGatewayFailure: 5,
      failurePercentageThreshold: 10,
      consecutive5xx: undefined,
      successRate: undefined,
      intervalSeconds: 10,
      baseEjectionSeconds: 10,
      maxEjectionSeconds: 300,
      maxEjectionJitterSeconds: 2,
      maxEjectionPercent: 100,
    });
    expect(detectionOf({})).toEqual(detectionOf());
  });

  it("of success rates is on when it is named, with Envoy's numbers", () => {
    const envoys = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1_900 };
    expect(detectionOf({ successRate: {} })?.successRate).toEqual(envoys);
    expect(detectionOf({ successRate: { minimumHosts: 3 } })?.successRate).toEqual({ ...envoys, minimumHosts: 3 });
  });

  it("lets a first ejection last longer than others last at most", () => {
    expect(detectionOf({ baseEjectionSeconds: 600 })).toMatchObject({ maxEjectionSeconds: 600 });
  });

  it("may be given with every default spelled out", () => {
    const input = withOutliers({ successRate: {}, consecutive5xx: 5 }, 5);
    expect(resolved(resolved(input))).toEqual(resolved(input));
  });

  const keys =
    "consecutiveGatewayFailure, failurePercentageThreshold, consecutive5xx, intervalSeconds, baseEjectionSeconds, maxEjectionSeconds, maxEjectionJitterSeconds, maxEjectionPercent, successRate";
  it.each<[unknown, string]>([
    [true, `: found true, accepted: an object of ${keys}`],
    [{ consecutive_5xx: 5 }, `.consecutive_5xx: found an unknown key, accepted: one of the keys ${keys}`],
    [{ consecutiveGatewayFailure: 0 }, ".consecutiveGatewayFailure: found 0, accepted: a whole number, 1 to 1000"],
    [{ maxEjectionPercent: 101 }, ".maxEjectionPercent: found 101, accepted: a whole number, 0 to 100"],
    [{ baseEjectionSeconds: 0.5 }, ".baseEjectionSeconds: found 0.5, accepted: a whole number, 1 to 3600"],
    [
      { successRate: true },
      ".successRate: found true, accepted: an object of minimumHosts, requestVolume, stdevFactor",
    ],
    [
      { baseEjectionSeconds: 60, maxEjectionSeconds: 30 },
      ".maxEjectionSeconds: found 30, accepted: 60 to 86400, as baseEjectionSeconds is 60",
    ],
    [{ maxEjectionSeconds: 5 }, ".maxEjectionSeconds: found 5, accepted: 10 to 86400, as baseEjectionSeconds is 10"],
    [
      { successRate: {} },
      ".successRate.minimumHosts: found the default, 5, accepted: at most 4, the origins of the pool; else no rate is ever compared",
    ],
    [
      { successRate: { minimumHosts: 6 } },
      ".successRate.minimumHosts: found 6, accepted: at most 4, the origins of the pool; else no rate is ever compared",
    ],
  ])("is not %j", (given, line) => {
    expect(mistakes(withOutliers(given, 4))).toEqual([`pools[0].outlierDetection${line}`]);
  });
});

describe("a health check", () => {
  const checkOf = (healthCheck: unknown) => resolved(withPool({ healthCheck })).pools[0]?.healthCheck;

  it("is off by default", () => expect(resolved(withPool({})).pools[0]?.healthCheck).toBe(undefined));

  it("needs a path alone", () => {
    expect(checkOf({ path: "/health" })).toEqual({
      path: "/health",
      expectedStatuses: [{ start: 200, end: 201 }],
      expectedBody: undefined,
      intervalSeconds: 10,
      unhealthyIntervalSeconds: 10,
      timeoutMs: 5_000,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    });
  });

  it("asks the unhealthy as often as the others, and waits for an interval at most", () => {
    const given = { path: "/", intervalSeconds: 30 };
    expect(checkOf(given)).toMatchObject({ unhealthyIntervalSeconds: 30, timeoutMs: 5_000 });
    expect(checkOf({ ...given, unhealthyIntervalSeconds: 2 })).toMatchObject({ timeoutMs: 2_000 });
    expect(checkOf({ path: "/", intervalSeconds: 1 })).toMatchObject({ timeoutMs: 1_000 });
  });

  it("may be given with every default spelled out", () => {
    const input = withPool({ healthCheck: { path: "/health?full=1" } });
    expect(resolved(resolved(input))).toEqual(resolved(input));
  });

  const keys =
    "path, expectedStatuses, expectedBody, intervalSeconds, unhealthyIntervalSeconds, timeoutMs, healthyThreshold, unhealthyThreshold";
  const path =
    "accepted: a path, and a query if need be, as in /health?full=1: 1 to 1024 characters, written as in a URL, no #";
  it.each<[unknown, string]>([
    [true, `: found true, accepted: an object of ${keys}`],
    [{ path: "/", interval: 5 }, `.interval: found an unknown key, accepted: one of the keys ${keys}`],
    [{}, `.path: found nothing, ${path}`],
    [{ path: "health" }, `.path: found "health", ${path}`],
    [{ path: "/a b" }, `.path: found "/a b", ${path}`],
    [{ path: "/a/../b" }, `.path: found "/a/../b", ${path}`],
    [{ path: "/a#b" }, `.path: found "/a#b", ${path}`],
    [{ path: "/\\evil.test/" }, `.path: found "/\\\\evil.test/", ${path}`],
    [{ path: "/", expectedBody: "" }, '.expectedBody: found "", accepted: 1 to 1024 characters'],
    [{ path: "/", intervalSeconds: 0 }, ".intervalSeconds: found 0, accepted: a whole number, 1 to 300"],
    [{ path: "/", unhealthyThreshold: 0 }, ".unhealthyThreshold: found 0, accepted: a whole number, 1 to 100"],
    [
      { path: "/", expectedStatuses: [] },
      ".expectedStatuses: found an empty list, accepted: a list of at least one range, { start, end }",
    ],
    [
      { path: "/", expectedStatuses: [{ start: 200, end: 200 }] },
      ".expectedStatuses[0].end: found 200, accepted: 201 to 600, as start is 200",
    ],
    [
      { path: "/", expectedStatuses: [{ start: 200, end: 601 }] },
      ".expectedStatuses[0].end: found 601, accepted: a whole number, 101 to 600",
    ],
    [{ path: "/", timeoutMs: 10_001 }, ".timeoutMs: found 10001, accepted: 10 to 10000, the shorter interval"],
    [
      { path: "/", timeoutMs: 2_500, unhealthyIntervalSeconds: 2 },
      ".timeoutMs: found 2500, accepted: 10 to 2000, the shorter interval",
    ],
  ])("is not %j", (given, line) => {
    expect(mistakes(withPool({ healthCheck: given }))).toEqual([`pools[0].healthCheck${line}`]);
  });
});

describe("the retry budget", () => {
  it("is a fifth of the requests by default, and twenty", () => {
    expect(resolved(withPool({})).pools[0]?.retryBudget).toEqual({ budgetPercent: 20, minRetries: 50 });
    expect(resolved(withPool({ retryBudget: { minRetries: 3 } })).pools[0]?.retryBudget).toEqual({
      budgetPercent: 20,
      minRetries: 3,
    });
  });

  it.each<[unknown, string]>([
    [20, ": found 20, accepted: an object of budgetPercent, minRetries"],
    [{ budgetPercent: 0.2 }, ".budgetPercent: found 0.2, accepted: a whole number, 0 to 100"],
    [{ minRetries: -1 }, ".minRetries: found -1, accepted: a whole number, 0 to 10000"],
  ])("is not %j", (retryBudget, line) => {
    expect(mistakes(withPool({ retryBudget }))).toEqual([`pools[0].retryBudget${line}`]);
  });
});

describe("strict affinity", () => {
  it("is off by default, and a route may say otherwise than its pool", () => {
    const read = resolved({
      ...withPool({}),
      routes: [
        { path: "/a", pool: "shop" },
        { path: "/b", pool: "shop", strictAffinity: true },
      ],
    });
    expect(read.pools[0]?.strictAffinity).toBe(false);
    expect(read.routes.map(({ strictAffinity }) => strictAffinity)).toEqual([undefined, true]);
  });

  it("is yes or no", () => {
    expect(mistakes(withPool({ strictAffinity: "strict" }))).toEqual([
      'pools[0].strictAffinity: found "strict", accepted: true or false',
    ]);
  });
});

describe("closeOn", () => {
  it("is 503 by default, and any of 503 and 429", () => {
    expect(resolved(withPool({})).pools[0]?.closeOn).toEqual([503]);
    expect(resolved(withPool({ closeOn: [503, 429] })).pools[0]?.closeOn).toEqual([503, 429]);
    expect(resolved(withPool({ closeOn: [] })).pools[0]?.closeOn).toEqual([]);
    expect(mistakes(withPool({ closeOn: [500] }))).toEqual([
      "pools[0].closeOn[0]: found 500, accepted: one of 503, 429",
    ]);
  });
});

describe("failback", () => {
  it("is pin by default, or immediate", () => {
    expect(resolved(withPool({})).pools[0]?.failback).toBe("pin");
    expect(resolved(withPool({ failback: "immediate" })).pools[0]?.failback).toBe("immediate");
    expect(mistakes(withPool({ failback: "ramp" }))).toEqual([
      'pools[0].failback: found "ramp", accepted: one of pin, immediate',
    ]);
  });
});

describe("slow start", () => {
  const withSlowStart = (slowStartSeconds: unknown, affinity: object) => withPool({ slowStartSeconds, affinity });

  it("is off by default", () => expect(resolved(withPool({})).pools[0]?.slowStartSeconds).toBe(0));

  it("is a time of at most a day", () => {
    expect(mistakes(withPool({ slowStartSeconds: 86_401 }))).toEqual([
      "pools[0].slowStartSeconds: found 86401, accepted: a whole number, 0 to 86400",
    ]);
  });

  it("needs whrw1 at some time: an algorithm of nginx knows no births", () => {
    const nginx = { algorithm: "nginx-ip-hash" };
    expect(mistakes(withSlowStart(60, nginx))).toEqual([
      "pools[0].slowStartSeconds: found 60, accepted: 0, or an affinity.cutOver, as the pool goes by nginx-ip-hash and not by whrw1",
    ]);
    expect(mistakes(withSlowStart(0, nginx))).toEqual([]);
    expect(mistakes(withSlowStart(60, { ...nginx, cutOver: "2027-01-01T00:00:00Z" }))).toEqual([]);
    expect(mistakes(withSlowStart(60, { algorithm: "maglev" }))).toEqual([
      "pools[0].slowStartSeconds: found 60, accepted: 0, or another algorithm, as the pool goes by maglev and not by whrw1",
    ]);
    expect(mistakes(withSlowStart(60, { algorithm: "whrw1" }))).toEqual([]);
  });
});

describe("the panic threshold", () => {
  it("is a quarter by default, and may be zero", () => {
    expect(resolved(withPool({})).pools[0]?.panicThresholdPercent).toBe(25);
    expect(resolved(withPool({ panicThresholdPercent: 0 })).pools[0]?.panicThresholdPercent).toBe(0);
  });

  it("is a percentage", () => {
    expect(mistakes(withPool({ panicThresholdPercent: 0.5 }))).toEqual([
      "pools[0].panicThresholdPercent: found 0.5, accepted: a whole number, 0 to 100",
    ]);
  });
});
