import { describe, expect, it } from "vitest";
import type { RouteConfig } from "../../src/config/types.ts";
import { createGuard } from "../../src/login/guard.ts";
import { createRoutes } from "../../src/upstream/routes.ts";
import { pool, resolved } from "../config/configs.ts";

const login = { issuer: "https://id.example.com", clientId: "moor", roles: { ops: { claim: "groups", any: ["ops"] } } };
const OPS = { role: "ops" };

function requiredBy(path: string, routes: RouteConfig[], site: "none" | "login" = "login") {
  const config = resolved({ pools: [pool()], login, require: site, routes });
  const facts = {
    host: "shop.test",
    pathname: new URL(`https://shop.test${path}`).pathname,
    method: "GET",
    headers: new Headers(),
  };
  const route = createRoutes(config.routes).match(facts);
  return route && createGuard(config).requiredBy(facts, route);
}

const CLOSED: RouteConfig[] = [
  { path: "/public/*", pool: "shop", require: "none" },
  { path: "/robots.txt", pool: "shop", require: "none" },
  { path: "/ops/*", pool: "shop", require: OPS },
  { path: "/*", pool: "shop" },
];
const OPEN: RouteConfig[] = [
  { path: "/admin/*", pool: "shop", require: "login" },
  { path: "/caf%C3%A9/*", pool: "shop", require: "login" },
  { path: "/*", pool: "shop" },
];

describe("a site that is closed by default", () => {
  it.each<[string, unknown]>([
    ["/orders/7", ["login"]],
    ["/public/page", undefined],
    ["/robots.txt", undefined],
    ["/ops/page", [OPS]],
  ])("requires of %s what its route says", (path, required) => expect(requiredBy(path, CLOSED)).toEqual(required));

  it("requires everything that a path may lead to, not the strictest of it", () => {
    expect(requiredBy("/public/%2e%2e%2fops/x%2f..%2f..%2forders", CLOSED)).toEqual(
      expect.arrayContaining([OPS, "login"]),
    );
  });
});

describe("a site with guarded paths", () => {
  it.each(["/admin", "/admin/", "/Admin/x", "/%61dmin/x", "//admin/x", "/admin%2Fx", "/x/..%2fadmin", "/admin;a/x"])(
    "guards %s",
    (path) => expect(requiredBy(path, OPEN, "none")).toEqual(["login"]),
  );

  it.each(["/admin.json", "/ADMIN.xml", "/%61dmin.json"])("guards the other format of a page: %s", (path) => {
    expect(requiredBy(path, OPEN, "none")).toEqual(["login"]);
  });

  it.each(["/caf%C3%A9/x", "/caf%c3%a9/x", "/%63af%C3%A9/x"])("guards a path in another script: %s", (path) => {
    expect(requiredBy(path, OPEN, "none")).toEqual(["login"]);
  });

  it.each(["/", "/administer", "/public/100%25", "/w/2020/https://a.test/admin/x", "/Shop/item", "/caf%C3%A9s"])(
    "leaves %s open",
    (path) => expect(requiredBy(path, OPEN, "none")).toBeUndefined(),
  );

  it("refuses a path that is encoded more often than any server decodes", () => {
    expect(requiredBy("/%25252561dmin", OPEN, "none")).toBe("unreadable");
  });
});
