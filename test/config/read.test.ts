import fc from "fast-check";
import { describe, expect, it } from "vitest";
import moorConfig from "../../moor.config.ts";
import type { PoolConfig } from "../../src/config/pool-types.ts";
import { readConfig } from "../../src/config/read.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { COOKIE } from "../support/carriers.ts";
import { pool, resolved } from "./configs.ts";

/** The health settings of a pool that sets none of them. */
const HEALTH = {
  outlierDetection: {
    consecutiveGatewayFailure: 5,
    failurePercentageThreshold: 10,
    intervalSeconds: 10,
    baseEjectionSeconds: 10,
    maxEjectionSeconds: 300,
    maxEjectionJitterSeconds: 2,
    maxEjectionPercent: 100,
  },
  panicThresholdPercent: 25,
  slowStartSeconds: 0,
  retryBudget: { budgetPercent: 20, minRetries: 50 },
  strictAffinity: false,
  failback: "pin" as const,
  closeOn: [503 as const],
};

function plainPool(id: string): PoolConfig {
  return {
    id,
    origins: [{ id: "a", url: "https://a.example.com", weight: 1, down: false, backup: false, route: "a" }],
    host: "origin",
    affinity: { algorithm: "whrw1" },
    hashPolicy: [{ type: "session-id" }],
    attemptDeadlineMs: 1_000,
    ...HEALTH,
    session: { see: true, may: ["patch"], write: true },
  };
}

const everything: MoorConfig = {
  pools: [
    {
      id: "shop",
      origins: [
        {
          id: "a",
          url: "https://a.example.com/base",
          service: "A",
          weight: 2.5,
          open: [{ until: "2026-12-01T00:00:00Z" }, { from: "2027-01-01T00:00:00Z" }],
          region: "weur",
          down: false,
          backup: false,
          route: "node1",
        },
        { id: "b", url: "https://b.example.com", region: "enam", weight: 1, down: false, backup: false, route: "b" },
      ],
      host: "origin",
      zone: "example.com",
      affinity: { algorithm: "whrw1" },
      learn: { cookie: "JSESSIONID" },
      hashPolicy: [{ type: "header", name: "X-Tenant" }, { type: "session-id" }],
      attemptDeadlineMs: 5_000,
      outlierDetection: {
        consecutiveGatewayFailure: 5,
        failurePercentageThreshold: 10,
        consecutive5xx: 10,
        successRate: { minimumHosts: 2, requestVolume: 20, stdevFactor: 1_500 },
        intervalSeconds: 30,
        baseEjectionSeconds: 60,
        maxEjectionSeconds: 600,
        maxEjectionJitterSeconds: 0,
        maxEjectionPercent: 50,
      },
      panicThresholdPercent: 50,
      slowStartSeconds: 600,
      retryBudget: { budgetPercent: 50, minRetries: 0 },
      strictAffinity: true,
      failback: "immediate",
      closeOn: [503],
      session: { see: ["cart"], may: ["patch", "end"], write: ["cart", "seen"] },
    },
    {
      id: "api",
      origins: [
        { id: "a", url: "https://api.example.com", weight: 1, down: true, backup: false, nginxServer: "a", route: "a" },
        {
          id: "b",
          url: "https://b.example.com",
          weight: 1,
          down: false,
          backup: false,
          nginxServer: "b:80",
          route: "b",
        },
        { id: "c", url: "https://c.example.com", weight: 1, down: false, backup: true, route: "c" },
      ],
      host: "client",
      zone: "example.com",
      affinity: { algorithm: "nginx-chash", key: "$cookie_sid$arg_a", cutOver: "2027-01-01T00:00:00Z" },
      hashPolicy: [{ type: "client-ip" }],
      attemptDeadlineMs: 10,
      ...HEALTH,
      session: { see: true, may: ["patch"], write: true },
    },
    plainPool("blue"),
    plainPool("green"),
  ],
  routes: [
    {
      host: "*.example.com",
      path: "/api/*",
      methods: ["GET", "REPORT"],
      headers: [{ name: "X-Canary", value: "1" }, { name: "X-Any" }],
      pool: [{ id: "api", weight: 2.5 }],
      attemptDeadlineMs: 100,
      session: false,
      touch: false,
      freshness: "strict",
      retryOn: ["reset", "non-idempotent"],
      retryOrigins: 3,
      hedgeAfterMs: 50,
      strictAffinity: false,
      onStale: "refuse",
      locking: "none",
      lockWaitMs: 0,
      onLockTimeout: "proceed",
      crossSite: "refuse",
      explain: false,
    },
    {
      path: "/*",
      headers: [],
      pool: [
        { id: "blue", weight: 0 },
        { id: "green", weight: 1 },
      ],
      session: true,
      touch: true,
      freshness: "bounded",
      retryOn: ["connect-failure", "reset"],
      retryOrigins: 2,
      onStale: "serve",
      locking: "writes",
      lockWaitMs: 30_000,
      onLockTimeout: "refuse",
      crossSite: "repost",
      explain: true,
    },
  ],
  ignore: [
    { path: "/assets/*", methods: ["GET"] },
    { extensions: ["css"], destinations: ["style"], accept: ["text/css"] },
  ],
  carriers: [{ type: "header", name: "X-Auth-Token" }],
  session: {
    idleSeconds: 600,
    absoluteSeconds: 7_200,
    firstIdleSeconds: 300,
    newSessionHours: 2,
    graceSeconds: 0,
    maxAttributeBytes: 4_096,
    remember: { idleSeconds: 1_200, absoluteSeconds: 8_000 },
  },
  stores: { replicate: "always", backup: "sync", strictBackup: true },
  principals: { limit: { sessions: 3, onTooMany: "refuse" } },
  admin: {
    host: "admin.example.com",
    attributes: true,
    access: { team: "https://team.cloudflareaccess.com", aud: "4714c1358e65fe4b" },
  },
  handoff: { dataBytes: 0 },
  errorPage: "<p>Back soon</p>",
  explain: true,
  log: { requests: 0.01, path: true },
};

describe("the defaults", () => {
  it("make a configuration of a single pool and origin complete", () => {
    expect(resolved({ pools: [pool()] })).toEqual({
      pools: [
        {
          id: "shop",
          origins: [{ id: "a", url: "https://a.example.com", weight: 1, down: false, backup: false, route: "a" }],
          host: "origin",
          affinity: { algorithm: "whrw1" },
          hashPolicy: [{ type: "session-id" }],
          attemptDeadlineMs: 30_000,
          ...HEALTH,
          session: { see: true, may: ["patch", "principal", "end"], write: true },
        },
      ],
      routes: [
        {
          host: undefined,
          path: "/*",
          headers: [],
          pool: [{ id: "shop", weight: 1 }],
          session: true,
          touch: true,
          freshness: "bounded",
          retryOn: ["connect-failure", "reset"],
          retryOrigins: 2,
          onStale: "serve",
          locking: "none",
          lockWaitMs: 5_000,
          onLockTimeout: "refuse",
          crossSite: "refuse",
          explain: false,
        },
      ],
      session: {
        idleSeconds: 43_200,
        absoluteSeconds: 604_800,
        firstIdleSeconds: 1_800,
        newSessionHours: 12,
        graceSeconds: 30,
        maxAttributeBytes: 65_536,
      },
      ignore: [],
      carriers: [COOKIE],
      stores: { replicate: "travel", backup: "async", strictBackup: false },
      principals: undefined,
      admin: undefined,
      handoff: { dataBytes: 2_048 },
      explain: false,
      log: { requests: "failed", path: false },
    });
  });

  it("explain a route as the site, unless the route says otherwise", () => {
    const routes = [
      { path: "/plain", pool: "shop", explain: false },
      { path: "/loud", pool: "shop", explain: true },
      { path: "/*", pool: "shop" },
    ];
    const explained = (site: object) => resolved({ pools: [pool()], routes, ...site }).routes.map((it) => it.explain);
    expect(explained({})).toEqual([false, true, false]);
    expect(explained({ explain: true })).toEqual([false, true, true]);
  });

  it("let an only pool do everything, and let one of several pools only patch", () => {
    const several = resolved({ pools: [pool(), pool({ id: "api" })] });
    expect(several.pools.map(({ session }) => session)).toEqual([
      { see: true, may: ["patch"], write: true },
      { see: true, may: ["patch"], write: true },
    ]);
  });

  it("fill in the half of a pool's permissions that is left out", () => {
    expect(resolved({ pools: [pool({ session: { see: ["cart"] } })] }).pools[0]?.session).toEqual({
      see: ["cart"],
      may: ["patch", "principal", "end"],
      write: ["cart"],
    });
    expect(
      resolved({ pools: [pool({ session: { see: ["cart"], write: ["seen"] } })] }).pools[0]?.session,
    ).toMatchObject({
      write: ["seen"],
    });
    expect(resolved({ pools: [pool({ session: { may: ["end"] } })] }).pools[0]?.session).toEqual({
      see: true,
      may: ["end"],
      write: true,
    });
  });

  it("fill in the parts that the stores leave out", () => {
    const storesOf = (stores: object) => resolved({ pools: [pool()], stores }).stores;
    expect(storesOf({ backup: "sync" })).toEqual({ replicate: "travel", backup: "sync", strictBackup: false });
    expect(storesOf({ replicate: "off" })).toEqual({ replicate: "off", backup: "async", strictBackup: false });
  });

  it("index the sessions of principals only if that is asked for, and then as many as can be", () => {
    const principalsOf = (principals: object) => resolved({ pools: [pool()], principals }).principals;
    expect(principalsOf({})).toEqual({ limit: { sessions: 10_000, onTooMany: "end-oldest" } });
    expect(principalsOf({ limit: { sessions: 3 } })).toEqual({ limit: { sessions: 3, onTooMany: "end-oldest" } });
  });

  it("send everything to the first pool", () => {
    expect(resolved({ pools: [pool({ id: "b" }), pool({ id: "a" })] }).routes.map((route) => route.pool)).toEqual([
      [{ id: "b", weight: 1 }],
    ]);
  });

  it("keep the first idle timeout and the time of a new session within the others", () => {
    expect(resolved({ pools: [pool()], session: { idleSeconds: 60, absoluteSeconds: 5_400 } }).session).toMatchObject({
      firstIdleSeconds: 60,
      newSessionHours: 1.5,
    });
  });

  it("stand in for a value that is undefined", () => {
    const undefinedOnes = {
      pools: [pool({ hashPolicy: undefined })],
      routes: undefined,
      session: { idleSeconds: undefined },
    };
    expect(resolved(undefinedOnes)).toEqual(resolved({ pools: [pool()] }));
  });
});

describe("reading a configuration", () => {
  it("keeps everything that is given", () => {
    expect(resolved(everything)).toEqual({
      ...everything,
      routes: [everything.routes?.[0], { host: undefined, ...everything.routes?.[1] }],
    });
  });

  it("takes the project's own moor.config.ts", () => {
    expect(readConfig(moorConfig)).toMatchObject({ kind: "ok" });
  });

  it("changes nothing of its input, and shares nothing with it", () => {
    const input = structuredClone(everything);
    const config = resolved(input);
    expect(input).toEqual(everything);
    input.pools[0]?.origins.pop();
    input.pools[0]?.hashPolicy?.pop();
    expect(config.pools[0]?.origins).toHaveLength(2);
    expect(config.pools[0]?.hashPolicy).toHaveLength(2);
  });

  it("never throws, whatever JSON it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (input) => {
        expect(["ok", "invalid"]).toContain(readConfig(input).kind);
      }),
    );
  });

  it("never throws on a right configuration in which any JSON replaces a part, and says where the mistake is", () => {
    const spots = spotsOf(everything);
    fc.assert(
      fc.property(fc.constantFrom(...spots), fc.jsonValue({ maxDepth: 3 }), (spot, value) => {
        const read = readConfig(replaced(everything, spot, value), { deploy: true });
        if (read.kind === "invalid") {
          expect(read.mistakes.length).toBeGreaterThan(0);
          for (const { found, accepted } of read.mistakes) expect([found, accepted]).not.toContain("");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("reads its own result as the same", () => {
    fc.assert(
      fc.property(rightConfig, (input) => {
        const config = resolved(input);
        expect(resolved(config)).toEqual(config);
        expect(resolved(JSON.parse(JSON.stringify(config)))).toEqual(config);
      }),
    );
  });
});

const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z0-9._-]{1,64}$/);

const rightPool = fc.record({
  id: name,
  origins: fc.uniqueArray(
    fc.record({
      id: name,
      url: fc.webUrl({ validSchemes: ["http", "https"] }),
      weight: optionally(fc.double({ min: 0.001, max: 1_000_000, noNaN: true })),
    }),
    { minLength: 1, maxLength: 4, selector: ({ id }) => id },
  ),
  attemptDeadlineMs: optionally(fc.integer({ min: 10, max: 600_000 })),
  session: optionally(
    fc.record({
      see: optionally(fc.oneof(fc.constant(true), fc.array(fc.string(), { minLength: 1 }))),
      write: optionally(fc.oneof(fc.constant(true), fc.array(fc.string()))),
      may: optionally(fc.subarray(["patch", "principal", "end"])),
    }),
  ),
});

const rightConfig = fc
  .record({
    pools: fc.uniqueArray(rightPool, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
    absoluteSeconds: fc.integer({ min: 60, max: 31_536_000 }),
    replicate: optionally(fc.constantFrom("travel", "always", "off")),
    backup: optionally(fc.constantFrom("async", "sync", "off")),
    explain: optionally(fc.boolean()),
    requests: optionally(fc.constantFrom("failed", "all", "off", 0.5, 1)),
  })
  .map(({ pools, absoluteSeconds, replicate, backup, explain, requests }) => ({
    pools,
    stores: { replicate, backup, strictBackup: backup === "sync" },
    session: {
      idleSeconds: Math.max(60, Math.ceil(absoluteSeconds / 2)),
      absoluteSeconds,
    },
    explain,
    log: { requests },
  }));

/** The path of every value in a configuration. */
function spotsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => spotsOf(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? Object.assign([], value) : { ...Object(value) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
