import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { warningsOf } from "../../src/config/warnings.ts";
import { pool, resolved } from "./configs.ts";

/** The paths of the warnings of a valid configuration. */
function warned(input: object): string[] {
  const read = readConfig(input);
  if (read.kind !== "ok") throw new Error("the configuration is invalid");
  return warningsOf(input, read.config).map(({ path }) => path);
}

describe("a warning of refused logins", () => {
  const routes = [
    { path: "/api/*", pool: "api" },
    { path: "/*", pool: "shop" },
  ];
  const patches = { session: { may: ["patch"] } };

  it("names the first pool with sessions that leaves its rights out", () => {
    expect(warned({ pools: [pool(), pool({ id: "api" })], routes })).toEqual(["pools[0].session.may"]);
    expect(warned({ pools: [pool(patches), pool({ id: "api" })], routes })).toEqual(["pools[1].session.may"]);
  });

  it("is not given when a pool may log visitors in, or every pool names its rights", () => {
    const logsIn = pool({ id: "api", session: { may: ["patch", "principal"] } });
    expect(warned({ pools: [pool(), logsIn], routes })).toEqual([]);
    expect(warned({ pools: [pool(patches), pool({ id: "api", ...patches })], routes })).toEqual([]);
  });

  it("is not given when one pool has all sessions", () => {
    const pools = [pool(), pool({ id: "api" })];
    expect(warned({ pools: [pool()] })).toEqual([]);
    expect(warned({ pools })).toEqual([]);
    expect(warned({ pools, routes: [{ path: "/api/*", pool: "api", session: false }, routes[1]] })).toEqual([]);
  });
});

describe("a warning of a cookie's path", () => {
  it("is given for any path but the root, because the logout lies outside it", () => {
    const carriers = (path?: string) => [{ type: "header" }, { type: "cookie", prefix: "__Secure-", path }];
    expect(warned({ pools: [pool()], carriers: carriers("/app") })).toEqual(["carriers[1].path"]);
    expect(warned({ pools: [pool()], carriers: carriers("/") })).toEqual([]);
    expect(warned({ pools: [pool()], carriers: carriers() })).toEqual([]);
  });
});

describe("a site that requires a login", () => {
  const login = { issuer: "https://id.example.com", clientId: "moor" };
  const warnings = (routes: object[]) => {
    const input = { pools: [pool()], login, require: "login", routes };
    return warningsOf(input, resolved(input)).map(({ path, text }) => `${path}: ${text}`);
  };
  const everything = { path: "/*", pool: "shop" };

  it("is warned of the paths that browsers and robots ask for without a login", () => {
    expect(warnings([everything])).toEqual([expect.stringContaining("require: /robots.txt, /favicon.ico")]);
  });

  it("is not warned that no pool may log visitors in, because the provider does", () => {
    const input = {
      pools: [pool(), pool({ id: "api" })],
      login,
      require: "login",
      routes: [{ path: "/api/*", pool: "api" }, everything],
    };
    expect(warned(input)).toEqual(["require"]);
  });

  it("is not warned of the paths that it has opened", () => {
    const open = ["/robots.txt", "/favicon.ico", "/manifest.json", "/.well-known/*"];
    expect(warnings([...open.map((path) => ({ path, pool: "shop", require: "none" })), everything])).toEqual([]);
  });
});
