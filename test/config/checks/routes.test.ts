import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/read.ts";
import type { ResolvedRoute } from "../../../src/config/resolved.ts";
import { createRoutes } from "../../../src/upstream/routes.ts";
import { routeOf } from "../../support/pools.ts";
import { mistakes, pool } from "../configs.ts";

const withRoutes = (...routes: object[]) => ({
  pools: [pool()],
  routes: routes.map((route) => ({ pool: "shop", path: "/*", ...route })),
});

describe("a route's pool", () => {
  it("exists", () => {
    const input = { pools: [pool(), pool({ id: "api" })], routes: [{ path: "/*", pool: "shp" }] };
    expect(mistakes(input)).toEqual(['routes[0].pool: found "shp", accepted: the id of a pool: shop, api']);
  });
});

describe("a route that can never match", () => {
  it.each<[string, object, object]>([
    ["the same path", { path: "/a" }, { path: "/a" }],
    ["everything", {}, { host: "a.example", path: "/a/*" }],
    ["a wider path", { path: "/a/*" }, { path: "/a/b/*" }],
    ["the prefix itself", { path: "/a/*" }, { path: "/a" }],
    ["any host", { path: "/a/*" }, { host: "*.example", path: "/a/b" }],
    ["the same host", { host: "a.example" }, { host: "a.example", path: "/x" }],
    ["a wildcard", { host: "*.example" }, { host: "a.b.example" }],
    ["a wider wildcard", { host: "*.example" }, { host: "*.b.example" }],
    ["any method", {}, { methods: ["GET"] }],
    ["the same methods and more", { methods: ["PUT", "GET"] }, { methods: ["GET"], path: "/a" }],
    ["no header", {}, { headers: [{ name: "X-A" }] }],
    ["any value of the header", { headers: [{ name: "x-a" }] }, { headers: [{ name: "X-A", value: "1" }] }],
    [
      "one of its headers",
      { headers: [{ name: "A", value: "1" }] },
      { headers: [{ name: "B" }, { name: "a", value: "1" }] },
    ],
  ])("is refused: covered by %s", (_, wide, narrow) => {
    expect(mistakes(withRoutes(wide, narrow))).toEqual([
      expect.stringMatching(
        /^routes\[1\]\.path: found ".+", which routes\[0\] always takes first, accepted: a route that can match; put narrower routes first$/,
      ),
    ]);
  });

  it.each<[string, object, object]>([
    ["a narrower path", { path: "/a" }, { path: "/a/*" }],
    ["a sibling with the same beginning", { path: "/a/*" }, { path: "/ab" }],
    ["a path with a slash more", { path: "/a" }, { path: "/a/" }],
    ["one host only", { host: "a.example" }, {}],
    ["a wildcard that leaves out the name itself", { host: "*.example" }, { host: "example" }],
    ["a name with the same end", { host: "*.example" }, { host: "myexample" }],
    ["a wider path on another host", { host: "a.example" }, { host: "b.example" }],
    ["one of its methods", { methods: ["GET"] }, { methods: ["GET", "PUT"] }],
    ["some methods", { methods: ["GET"] }, {}],
    ["a header", { headers: [{ name: "A" }] }, {}],
    ["another value", { headers: [{ name: "A", value: "1" }] }, { headers: [{ name: "A", value: "2" }] }],
    ["a value of its header", { headers: [{ name: "A", value: "1" }] }, { headers: [{ name: "A" }] }],
  ])("is not one after %s", (_, first, second) => {
    expect(mistakes(withRoutes(first, second))).toEqual([]);
  });

  it("is named with all that hide it together", () => {
    const input = withRoutes(
      { methods: ["GET"] },
      { path: "/a/*" },
      { path: "/a", methods: ["PUT"] },
      { methods: ["PUT"] },
    );
    expect(
      mistakes(withRoutes({ methods: ["GET"] }, { methods: ["PUT"] }, { path: "/a", methods: ["PUT", "GET"] })),
    ).toEqual([
      'routes[2].path: found "/a", which routes[0] and routes[1] always take first, accepted: a route that can match; put narrower routes first',
    ]);
    expect(mistakes(input)).toEqual([expect.stringContaining('found "/a", which routes[1] always takes first')]);
  });

  it("is a route below /.moor/, which is Moor's own", () => {
    expect(mistakes(withRoutes({ path: "/.moor/*" }))).toEqual([
      'routes[0].path: found "/.moor/*", accepted: a path outside /.moor/, which is Moor\'s own',
    ]);
  });

  it("is found exactly when the router would never choose it", () => {
    const host = fc.constantFrom(undefined, "e.x", "*.e.x", "a.e.x", "*.a.e.x", "b.a.e.x");
    const path = fc.constantFrom("/*", "/", "/a", "/a/*", "/a/b", "/a/b/*", "/ab", "/a/");
    const methods = fc.constantFrom(undefined, undefined, ["GET"], ["PUT"], ["GET", "PUT"]);
    const headers = fc.constantFrom([], [], [{ name: "A" }], [{ name: "a", value: "1" }], [{ name: "A", value: "2" }]);
    const hosts = ["e.x", "a.e.x", "b.a.e.x", "c.e.x", "c.a.e.x", "other"];
    const paths = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/a/c", "/ab", "/other"];
    const requests = hosts.flatMap((name) =>
      paths.flatMap((pathname) =>
        ["GET", "PUT", "POST"].flatMap((method) =>
          [{}, { A: "1" }, { A: "2" }, { A: "3" }].map((sent: HeadersInit) => {
            return { host: name, pathname, method, headers: new Headers(sent) };
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ host, path, methods, headers }), { minLength: 1, maxLength: 5 }), (patterns) => {
        const read = readConfig(withRoutes(...patterns));
        const refused = read.kind === "ok" ? [] : read.mistakes.map((mistake) => mistake.path);
        const all: ResolvedRoute[] = patterns.map((pattern) => {
          return routeOf({ ...pattern });
        });
        const routes = createRoutes(all);
        const chosen = new Set(requests.map((request) => routes.match(request)));
        expect(refused).toEqual(all.flatMap((route, index) => (chosen.has(route) ? [] : [`routes[${index}].path`])));
      }),
    );
  });
});

describe("a route to several pools", () => {
  const split = (...pool: object[]) => ({
    pools: [...["blue", "green"].map((id) => ({ ...plain, id })), { ...plain, id: "old", learn: { cookie: "sid" } }],
    routes: [{ path: "/*", pool }],
  });
  const plain = pool();

  it("divides the sessions by weight; a pool of weight 0 gets no session", () => {
    expect(mistakes(split({ id: "blue", weight: 95.5 }, { id: "green", weight: 0 }))).toEqual([]);
    expect(mistakes(split({ id: "old", weight: 1 }))).toEqual([]);
  });

  it.each<[object[], string]>([
    [[], ".pool: found an empty list, accepted: the id of a pool, or a list of { id, weight }"],
    [[{ id: "blue", weight: 0 }], ".pool: found weights of 0 alone, accepted: a weight above 0"],
    [[{ id: "blue", weight: -1 }], ".pool[0].weight: found -1, accepted: a number, 0 to 1000000"],
    [[{ id: "blue" }], ".pool[0].weight: found nothing, accepted: a number, 0 to 1000000"],
    [[{ id: "red", weight: 1 }], '.pool[0].id: found "red", accepted: the id of a pool: blue, green, old'],
    [
      [
        { id: "blue", weight: 1 },
        { id: "blue", weight: 2 },
      ],
      '.pool[1].id: found "blue", as at routes[0].pool[0], accepted: each pool once',
    ],
    [
      [
        { id: "blue", weight: 1 },
        { id: "old", weight: 1 },
      ],
      '.pool[1].id: found "old", which learns from a cookie, accepted: in a split: a pool that does not learn, as sides go by the session of Moor',
    ],
  ])("is refused with %j", (sides, line) => expect(mistakes(split(...sides))).toEqual([`routes[0]${line}`]));
});

describe("a route's conditions", () => {
  it.each([{ methods: ["GET", "M-SEARCH"] }, { headers: [] }, { headers: [{ name: "X-A", value: "a b" }] }])(
    "may be %j",
    (given) => expect(mistakes(withRoutes(given))).toEqual([]),
  );

  it.each<[object, string]>([
    [{ methods: [] }, "methods: found an empty list, accepted: a list of at least one method"],
    [
      { methods: ["get"] },
      'methods[0]: found "get", accepted: a method in capital letters, but not CONNECT, TRACE or TRACK',
    ],
    [
      { methods: ["TRACE"] },
      'methods[0]: found "TRACE", accepted: a method in capital letters, but not CONNECT, TRACE or TRACK',
    ],
    [
      { headers: [{ name: "a b" }] },
      'headers[0].name: found "a b", accepted: a name of A-Z a-z 0-9 ! # $ % & \' * + - . ^ _ ` | ~',
    ],
    [
      { headers: [{ name: "A", value: " x" }] },
      'headers[0].value: found " x", accepted: 1 to 1024 characters of visible ASCII, spaces within',
    ],
    [
      { headers: [{ name: "A", value: "1" }, { name: "a" }] },
      'headers[1].name: found "a" again, accepted: each header once',
    ],
  ])("may not be %j", (given, line) => expect(mistakes(withRoutes(given))).toEqual([`routes[0].${line}`]));
});

describe("a route whose sockets have a longest life", () => {
  const limited = (route: object) =>
    mistakes({ pools: [pool()], routes: [{ path: "/*", pool: "shop", maxSocketSeconds: 60, ...route }] });

  it("has sessions, and a number of seconds that a timer can count", () => {
    expect(limited({})).toEqual([]);
    expect(limited({ session: false })).toEqual([
      "routes[0].maxSocketSeconds: found 60, accepted: none, as sockets of the route belong to no session",
    ]);
    expect(limited({ maxSocketSeconds: 604_801 })).toEqual([
      "routes[0].maxSocketSeconds: found 604801, accepted: a whole number, 1 to 604800",
    ]);
  });
});

describe("a route that locks", () => {
  it.each(["writes", "all"])("has sessions: %s", (locking) => {
    const routes = [{ path: "/*", pool: "shop", session: false, locking }];
    expect(mistakes({ pools: [pool()], routes })).toEqual([
      `routes[0].locking: found "${locking}", accepted: none, as the route has no session to lock`,
    ]);
    expect(mistakes({ pools: [pool()], routes: [{ ...routes[0], session: true }] })).toEqual([]);
    expect(mistakes({ pools: [pool()], routes: [{ ...routes[0], locking: "none" }] })).toEqual([]);
  });
});

describe("a route that hedges", () => {
  const hedging = (route: object, ...pools: object[]) =>
    mistakes({
      pools: pools.length > 0 ? pools : [pool()],
      routes: [{ path: "/*", pool: "shop", session: false, hedgeAfterMs: 200, ...route }],
    });
  const refused = (found: number) => [
    `routes[0].hedgeAfterMs: found ${found}, accepted: 1 to the attempt's deadline, with session: false, and neither learn nor strictAffinity`,
  ];

  it("has no sessions", () => {
    expect(hedging({})).toEqual([]);
    for (const session of [true, undefined, { idleSeconds: 60 }]) expect(hedging({ session })).toEqual(refused(200));
  });

  it("leads to no pool that learns where sessions are, not by a share either", () => {
    const other = pool({ id: "other" });
    const learns = pool({ learn: { cookie: "JSESSIONID" } });
    expect(hedging({}, learns, other)).toEqual(refused(200));
    expect(hedging({ pool: "other" }, learns, other)).toEqual([]);
    const strict = pool({ strictAffinity: true });
    const split = [
      { id: "other", weight: 1 },
      { id: "shop", weight: 1 },
    ];
    expect(hedging({ pool: split }, other, pool())).toEqual([]);
    expect(hedging({ pool: split }, other, strict)).toEqual(refused(200));
  });

  it("is not strict, by itself or by its pool", () => {
    expect(hedging({ strictAffinity: true })).toEqual(refused(200));
    const strict = pool({ strictAffinity: true });
    expect(hedging({}, strict)).toEqual(refused(200));
    expect(hedging({ strictAffinity: undefined }, strict)).toEqual(refused(200));
    expect(hedging({ strictAffinity: false }, strict)).toEqual([]);
  });

  it("does so before an attempt is over", () => {
    expect(hedging({ hedgeAfterMs: 30_000 })).toEqual([]);
    expect(hedging({ hedgeAfterMs: 30_001 })).toEqual(refused(30_001));
    expect(hedging({ attemptDeadlineMs: 199 })).toEqual(refused(200));
    expect(hedging({ attemptDeadlineMs: 200 }, pool({ attemptDeadlineMs: 100 }))).toEqual([]);
    expect(hedging({}, pool({ attemptDeadlineMs: 199 }))).toEqual(refused(200));
  });

  it("is judged only when the time is right itself", () => {
    for (const hedgeAfterMs of [0, 600_001, "200"]) {
      expect(hedging({ hedgeAfterMs, session: true })).toEqual([
        `routes[0].hedgeAfterMs: found ${JSON.stringify(hedgeAfterMs)}, accepted: a whole number, 1 to 600000`,
      ]);
    }
  });
});
