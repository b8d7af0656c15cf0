import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResolvedRoute } from "../../src/config/resolved.ts";
import { createRoutes, type Routes } from "../../src/upstream/routes.ts";
import { routeOf } from "../support/pools.ts";

function route(path: string, host?: string, pool = "shop"): ResolvedRoute {
  return routeOf({ host, path, pool: [{ id: pool, weight: 1 }] });
}

const match = (routes: Routes, host: string, pathname: string, method = "GET", headers: HeadersInit = {}) =>
  routes.match({ host, pathname, method, headers: new Headers(headers) });
const matchesPath = (pattern: string, pathname: string) =>
  match(createRoutes([route(pattern)]), "shop.test", pathname) !== undefined;
const matchesHost = (pattern: string, host: string) =>
  match(createRoutes([route("/*", pattern)]), host, "/") !== undefined;
/** The path as the platform's URL parser leaves it. */
const sent = (target: string) => new URL(target, "http://shop.test").pathname;

describe("path patterns", () => {
  it.each([
    ["/*", "/"],
    ["/*", "/a/b"],
    ["/", "/"],
    ["/cart", "/cart"],
    ["/cart/*", "/cart"],
    ["/cart/*", "/cart/"],
    ["/cart/*", "/cart/1/2"],
    ["/a/b/*", "/a/b/c"],
    ["/caf%C3%A9", sent("/café")],
  ])("%s matches %s", (pattern, path) => expect(matchesPath(pattern, path)).toBe(true));

  it.each([
    ["/", "/a"],
    ["/cart", "/cart/"],
    ["/cart", "/cart/1"],
    ["/cart", "/cart1"],
    ["/cart/*", "/cartoon"],
    ["/cart/*", "/"],
    ["/cart/*", "/x/cart/1"],
    ["/a/b/*", "/a/c"],
  ])("%s does not match %s", (pattern, path) => expect(matchesPath(pattern, path)).toBe(false));

  it.each([
    ["/cart", "/Cart", "another case"],
    ["/cart", "/c%61rt", "an escaped letter"],
    ["/caf%C3%A9", "/caf%c3%a9", "another case of an escape"],
    ["/cart/*", "/cart%2F1", "an escaped slash"],
    ["/cart/*", "/cart%2f1", "an escaped slash"],
    ["/cart/*", "//cart/1", "an empty segment"],
    ["/cart/*", "/cart;v=1/1", "a parameter"],
    ["/a.c", "/abc", "a dot"],
    ["/(a|b)+/*", "/a/1", "what a regular expression would read otherwise"],
  ])("%s does not match %s: %s is compared as it stands", (pattern, path) =>
    expect(matchesPath(pattern, sent(`http://shop.test${path}`))).toBe(false),
  );

  it.each([
    ["/assets/../admin/1", true],
    ["/assets/%2e%2E/admin/1", true],
    ["/assets\\..\\admin/1", true],
    ["/admin/../assets/1", false],
    ["/assets/..%2Fadmin/1", false],
  ])("/admin/* sees %s as the URL parser sends it: %s", (target, expected) =>
    expect(matchesPath("/admin/*", sent(target))).toBe(expected),
  );
});

describe("host patterns", () => {
  it.each([
    ["shop.test", "shop.test"],
    ["shop.test", "SHOP.Test"],
    ["Shop.Test", "shop.test"],
    ["shop.test", "shop.test:8787"],
    ["shop.test", "shop.test."],
    ["shop.test", "shop.test.:8787"],
    ["*.shop.test", "a.shop.test"],
    ["*.shop.test", "a.b.shop.test"],
    ["*.shop.test", "A.Shop.TEST.:443"],
    ["127.0.0.1", "127.0.0.1:8787"],
    ["[::1]", "[::1]"],
    ["[::1]", "[::1]:8787"],
    ["[2001:db8::a]", "[2001:DB8::A]:80"],
  ])("%s matches %s", (pattern, host) => expect(matchesHost(pattern, host)).toBe(true));

  it.each([
    ["shop.test", "a.shop.test"],
    ["shop.test", "shop.test.evil"],
    ["shop.test", "evilshop.test"],
    ["shop.test", "shopxtest"],
    ["shop.test", "shop.test.."],
    ["*.shop.test", "shop.test"],
    ["*.shop.test", ".shop.test"],
    ["*.shop.test", "evilshop.test"],
    ["*.shop.test", "a.shop.test.evil"],
    ["*.shop.test", "evil:a.shop.test"],
    ["[::1]", "[::2]"],
    ["[::1]", "[::1"],
    ["shop.test", "[shop.test"],
    ["shop.test", ""],
  ])("%s does not match %s", (pattern, host) => expect(matchesHost(pattern, host)).toBe(false));

  it("left out matches every host", () => {
    for (const host of ["shop.test", "[::1]:8787", ""])
      expect(match(createRoutes([route("/*")]), host, "/")).toBeDefined();
  });
});

describe("match", () => {
  it("takes the first route whose host and path both match, and returns it as it was given", () => {
    const given = [
      route("/api/*", "*.shop.test", "api"),
      route("/api/health", undefined, "health"),
      route("/*", "shop.test", "shop"),
      route("/api/*", undefined, "never for shop.test"),
    ];
    const routes = createRoutes(given);
    expect(match(routes, "eu.shop.test", "/api/health")).toBe(given[0]);
    expect(match(routes, "shop.test", "/api/health")).toBe(given[1]);
    expect(match(routes, "shop.test", "/api/cart")).toBe(given[2]);
    expect(match(routes, "other.test", "/api/cart")).toBe(given[3]);
  });

  it("asks for the method, as it stands", () => {
    const given = [routeOf({ methods: ["GET", "HEAD"] }), routeOf()];
    const routes = createRoutes(given);
    expect(["GET", "HEAD"].map((method) => match(routes, "shop.test", "/", method))).toEqual([given[0], given[0]]);
    expect(["POST", "get"].map((method) => match(routes, "shop.test", "/", method))).toEqual([given[1], given[1]]);
  });

  it("asks for every header, and for its whole value if there is a value", () => {
    const headers = [{ name: "X-Canary", value: "yes" }, { name: "x-any" }];
    const matches = (sent: HeadersInit) =>
      match(createRoutes([routeOf({ headers })]), "shop.test", "/", "GET", sent) !== undefined;
    expect(matches({ "x-canary": "yes", "X-Any": "" })).toBe(true);
    for (const sent of [{}, { "X-Canary": "yes" }, { "X-Any": "1" }, { "X-Canary": "YES", "X-Any": "1" }]) {
      expect(matches(sent)).toBe(false);
    }
    expect(
      matches([
        ["X-Canary", "yes"],
        ["X-Canary", "no"],
        ["X-Any", "1"],
      ]),
    ).toBe(false);
  });

  it("is undefined when no route matches", () => {
    expect(match(createRoutes([route("/api/*"), route("/*", "shop.test")]), "other.test", "/")).toBeUndefined();
    expect(match(createRoutes([]), "shop.test", "/")).toBeUndefined();
  });
});

describe("many routes", () => {
  it("match as if each were looked at in turn", () => {
    const path = fc.constantFrom("/*", "/", "/a", "/a/*", "/a/b", "/a/b/*", "/ab/*", "/b/*", "//a", "//*");
    const host = fc.constantFrom(undefined, "a.test", "b.test", "*.b.test", "*.test", "A.test:80");
    const asked = fc.constantFrom("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/ab/c", "/b/a", "//a", "//", "/c", "");
    const at = fc.constantFrom("a.test", "b.test", "x.b.test", "A.TEST.", "b.test:8080", "c.test", "other.example");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(path, host), { minLength: 1, maxLength: 12 }),
        asked,
        at,
        (given, pathname, name) => {
          const routes = given.map(([pattern, of]) => route(pattern, of));
          const alone = routes.find((one) => match(createRoutes([one]), name, pathname) !== undefined);
          expect(match(createRoutes(routes), name, pathname)).toBe(alone);
        },
      ),
    );
  });
});
