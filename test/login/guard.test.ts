import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResolvedRoute } from "../../src/config/resolved.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import { createGuard } from "../../src/login/guard.ts";
import { createRoutes } from "../../src/upstream/routes.ts";
import { pool, resolved } from "../config/configs.ts";
import { hostilePaths } from "./hostile-paths.ts";

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
  const asked = route && createGuard(config).requiredBy(facts, route);
  return asked === "unreadable" ? asked : asked?.required;
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
  it.each([
    "/admin",
    "/admin/",
    "/Admin/x",
    "/%61dmin/x",
    "//admin/x",
    "/admin%2Fx",
    "/x/..%2fadmin",
    "/admin;a/x",
    "//x/admin",
    "//x%2fadmin/y",
  ])("guards %s", (path) => expect(requiredBy(path, OPEN, "none")).toEqual(["login"]));

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

/** The settings of a site's pages that are shown by the newest state alone. */
const STRICT: RouteConfig[] = [
  { path: "/admin/*", pool: "shop", freshness: "strict" },
  { path: "/*", pool: "shop" },
];

describe("a route of strict freshness", () => {
  const config = resolved({ pools: [pool()], login, require: "none", routes: STRICT });
  const guard = createGuard(config);
  const { match } = createRoutes(config.routes);
  const isStrict = (pathname: string) => {
    const facts = { host: "shop.test", pathname, method: "GET", headers: new Headers() };
    const asked = guard.requiredBy(facts, match(facts) as ResolvedRoute);
    return asked === "unreadable" ? asked : asked.isStrict;
  };

  it.each(["/admin/x", "/ADMIN/x", "/%61dmin/x", "//admin/x", "//shop/admin/x", "/x/..%2fadmin/x", "/admin.json"])(
    "is strict by %s",
    (path) => expect(isStrict(path)).toBe(true),
  );

  it.each(["/", "/x", "/Shop/item", "/public/100%25"])("leaves %s as its own route says", (path) =>
    expect(isStrict(path)).toBe(false),
  );

  it("is strict by every path by which a guard with its pattern would hold", () => {
    const guarded = resolved({ pools: [pool()], login, require: "none", routes: OPEN });
    const other = createGuard(guarded);
    const routes = createRoutes(guarded.routes);
    fc.assert(
      fc.property(hostilePaths, (pathname) => {
        const facts = { host: "shop.test", pathname, method: "GET", headers: new Headers() };
        const asked = other.requiredBy(facts, routes.match(facts) as ResolvedRoute);
        if (asked === "unreadable") return isStrict(pathname) === asked;
        return asked.required === undefined || isStrict(pathname) === true;
      }),
      { numRuns: 5_000 },
    );
  });
});

/** Whether a server that folds signs of other scripts reads a step in a name: `︰` (U+FE30) is `..` to it. */
const isStepSomewhere = (name: string) =>
  name
    .normalize("NFKC")
    .split(/[/\\;]/)
    .some((step) => step === "." || step === "..");

describe("an ordinary path below an open route", () => {
  /** Names as links have them: words of any script, as UTF-8 or Latin-1, with signs, formats, versions and parameters. */
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9._~!$&'()*+,=:@-]{0,12}$/).filter((text) => !text.endsWith("..")),
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((text) => !isStepSomewhere(text))
      .map(encodeURIComponent),
    fc.constantFrom(
      "%E9t%E9",
      "100%25",
      "a;v=1",
      "a%2Fb",
      "a%20b",
      "%26amp",
      "index.html;jsessionid=1F",
      "photo%40large.png",
    ),
  );
  const ordinary = fc
    .array(
      name.filter((text) => text !== "." && text !== ".."),
      { minLength: 1, maxLength: 5 },
    )
    .map((names) => `/public/${names.join("/")}`)
    // A link with an encoded control character is no ordinary link.
    .filter((path) => !/%[01].|%7F|%C2%[89]/i.test(path));

  it("is never held back", () => {
    const config = resolved({ pools: [pool()], login, require: "login", routes: CLOSED });
    const guard = createGuard(config);
    const { match } = createRoutes(config.routes);
    fc.assert(
      fc.property(ordinary, (path) => {
        const { pathname } = new URL(`https://shop.test${path}`);
        const facts = { host: "shop.test", pathname, method: "GET", headers: new Headers() };
        const asked = guard.requiredBy(facts, match(facts) as ResolvedRoute);
        return asked !== "unreadable" && asked.required === undefined;
      }),
      { numRuns: 3_000 },
    );
  });
});
