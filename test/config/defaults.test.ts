import { describe, expect, it } from "vitest";
import { COOKIE } from "../support/carriers.ts";
import { pool, resolved } from "./configs.ts";
import { HEALTH } from "./everything.ts";

describe("the defaults", () => {
  it("make a configuration of a single pool and origin complete", () => {
    expect(resolved({ pools: [pool()] })).toEqual({
      pools: [
        {
          id: "shop",
          origins: [{ id: "a", url: "https://a.example.com", weight: 1, down: false, backup: false, route: "a" }],
          host: "origin",
          rewrite: true,
          forwardedHeaders: "all",
          cacheBetween: true,
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
      stores: {
        authority: { type: "object" },
        replicate: "travel",
        backup: "async",
        strictBackup: false,
        fallback: "redis",
      },
      trustedProxies: [],
      logout: { clearSiteData: [] },
      principals: undefined,
      adopt: [],
      admin: undefined,
      handoff: { dataBytes: 2_048, lifeSeconds: 60 },
      explain: false,
      log: { requests: "failed", path: false, address: "none", country: false, userAgent: false, trace: false },
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

  it("let scripts of other origins read the answers of a route as those of the site, unless the route says otherwise", () => {
    const routes = [
      { path: "/own", pool: "shop", cors: { origins: ["https://b.test"], credentials: true } },
      { path: "/*", pool: "shop" },
    ];
    const cors = (site: object) => resolved({ pools: [pool()], routes, ...site }).routes.map((it) => it.cors);
    const own = { origins: ["https://b.test"], credentials: true };
    expect(cors({})).toEqual([own, undefined]);
    const site = { origins: ["https://a.test"] };
    expect(cors({ cors: site })).toEqual([own, { ...site, credentials: false }]);
  });

  it("let one of several pools that have sessions only patch", () => {
    const routes = [
      { path: "/api/*", pool: "api" },
      { path: "/*", pool: "shop" },
    ];
    const several = resolved({ pools: [pool(), pool({ id: "api" })], routes });
    expect(several.pools.map(({ session }) => session)).toEqual([
      { see: true, may: ["patch"], write: true },
      { see: true, may: ["patch"], write: true },
    ]);
  });

  it("let the only pool that has sessions do everything, whatever other pools there are", () => {
    const pools = [pool(), pool({ id: "files" })];
    const all = ["patch", "principal", "end"];
    const rights = (config: object) => resolved({ pools, ...config }).pools.map(({ session }) => session.may);
    expect(rights({})).toEqual([all, ["patch"]]);
    const assets = { path: "/assets/*", pool: "files", session: false };
    expect(rights({ routes: [assets, { path: "/*", pool: "shop" }] })).toEqual([all, ["patch"]]);
    expect(rights({ routes: [assets] })).toEqual([["patch"], ["patch"]]);
    const sides = [
      { id: "shop", weight: 9 },
      { id: "files", weight: 1 },
    ];
    expect(rights({ routes: [{ path: "/*", pool: sides }] })).toEqual([["patch"], ["patch"]]);
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
    const usual = {
      authority: { type: "object" },
      replicate: "travel",
      backup: "async",
      strictBackup: false,
      fallback: "redis",
    };
    expect(storesOf({ backup: "sync" })).toEqual({ ...usual, backup: "sync" });
    expect(storesOf({ replicate: "off" })).toEqual({ ...usual, replicate: "off" });
    const redis = { authority: { type: "redis" } };
    expect(storesOf(redis)).toEqual({ ...usual, ...redis, backup: "off" });
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
