import { describe, expect, it } from "vitest";
import { mistakes, pool } from "./configs.ts";

describe("locking", () => {
  const withRoute = (settings: object) => ({ pools: [pool()], routes: [{ path: "/*", pool: "shop", ...settings }] });

  it.each([
    { locking: "none" },
    { locking: "writes", lockWaitMs: 0 },
    { locking: "all", lockWaitMs: 30_000, onLockTimeout: "proceed" },
  ])("takes %j", (settings) => expect(mistakes(withRoute(settings))).toEqual([]));

  it.each<[object, string]>([
    [{ locking: true }, ".locking: found true, accepted: one of none, writes, all"],
    [{ lockWaitMs: 30_001 }, ".lockWaitMs: found 30001, accepted: a whole number, 0 to 30000"],
    [{ onLockTimeout: "wait" }, '.onLockTimeout: found "wait", accepted: one of refuse, proceed'],
  ])("refuses %j", (settings, line) => expect(mistakes(withRoute(settings))).toEqual([`routes[0]${line}`]));
});

describe("posts of other sites", () => {
  const withRoute = (settings: object) => ({ pools: [pool()], routes: [{ path: "/*", pool: "shop", ...settings }] });

  it.each(["refuse", "repost", "allow"])("may be told to %s", (crossSite) => {
    expect(mistakes(withRoute({ crossSite }))).toEqual([]);
  });

  it.each<[object, string]>([
    [{ crossSite: "deny" }, '.crossSite: found "deny", accepted: one of refuse, repost, allow'],
    [
      { crossSite: "repost", session: false },
      '.crossSite: found "repost", accepted: none, as the route has no session to keep',
    ],
  ])("are refused with %j", (settings, line) => {
    expect(mistakes(withRoute(settings))).toEqual([`routes[0]${line}`]);
  });
});

describe("the answer of a route when stores are down", () => {
  const withRoute = (route: object) => ({ pools: [pool()], routes: [{ path: "/*", pool: "shop", ...route }] });

  it.each(["serve", "refuse"])("may be: %s", (onStale) => expect(mistakes(withRoute({ onStale }))).toEqual([]));

  it.each<[unknown, string]>([
    ["503", '"503"'],
    [true, "true"],
    [null, "null"],
  ])("is not %j", (onStale, found) => {
    expect(mistakes(withRoute({ onStale }))).toEqual([
      `routes[0].onStale: found ${found}, accepted: one of serve, refuse`,
    ]);
  });
});
