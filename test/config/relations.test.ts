import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import type { ResolvedRoute } from "../../src/config/types.ts";
import { createRoutes } from "../../src/upstream/routes.ts";
import { mistakes, origin, pool } from "./configs.ts";

const withRoutes = (...routes: object[]) => ({
  pools: [pool()],
  routes: routes.map((route) => ({ pool: "shop", path: "/*", ...route })),
});

describe("ids among each other", () => {
  it("are unique among pools", () => {
    expect(mistakes({ pools: [pool(), pool({ id: "b" }), pool()] })).toEqual([
      'pools[2].id: found "shop", as at pools[0], accepted: an id that no other pool has',
    ]);
  });

  it("are unique among the origins of a pool", () => {
    expect(mistakes({ pools: [pool({ origins: [origin(), origin({ url: "http://b" }), origin()] })] })).toEqual([
      'pools[0].origins[1].id: found "a", as at pools[0].origins[0], accepted: an id that no other origin of the pool has',
      'pools[0].origins[2].id: found "a", as at pools[0].origins[0], accepted: an id that no other origin of the pool has',
    ]);
  });

  it("may be the same in two pools", () => {
    expect(mistakes({ pools: [pool(), pool({ id: "api" })] })).toEqual([]);
  });
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
  ])("is not one after %s", (_, first, second) => {
    expect(mistakes(withRoutes(first, second))).toEqual([]);
  });

  it("is one below /.moor/, which is Moor's own", () => {
    expect(mistakes(withRoutes({ path: "/.moor/*" }))).toEqual([
      'routes[0].path: found "/.moor/*", accepted: a path outside /.moor/, which is Moor\'s own',
    ]);
  });

  it("is found exactly when the router would never choose it", () => {
    const host = fc.constantFrom(undefined, "e.x", "*.e.x", "a.e.x", "*.a.e.x", "b.a.e.x");
    const path = fc.constantFrom("/*", "/", "/a", "/a/*", "/a/b", "/a/b/*", "/ab", "/a/");
    const hosts = ["e.x", "a.e.x", "b.a.e.x", "c.e.x", "c.a.e.x", "other"];
    const paths = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/a/c", "/ab", "/other"];
    fc.assert(
      fc.property(fc.array(fc.record({ host, path }), { minLength: 1, maxLength: 5 }), (patterns) => {
        const read = readConfig(withRoutes(...patterns));
        const refused = read.kind === "ok" ? [] : read.mistakes.map((mistake) => mistake.path);
        const all: ResolvedRoute[] = patterns.map((pattern) => {
          return { pool: "shop", session: true, freshness: "bounded", retry: "safe", onStale: "serve", ...pattern };
        });
        const routes = createRoutes(all);
        const chosen = new Set(hosts.flatMap((name) => paths.map((at) => routes.match(name, at))));
        expect(refused).toEqual(all.flatMap((route, index) => (chosen.has(route) ? [] : [`routes[${index}].path`])));
      }),
    );
  });
});

describe("timeouts among each other", () => {
  it.each<[object, string[]]>([
    [
      { idleSeconds: 3_600, absoluteSeconds: 1_800 },
      ["session.absoluteSeconds: found 1800, accepted: 3600 to 31536000, as idleSeconds is 3600"],
    ],
    [
      { idleSeconds: 2_592_000 },
      ["session.absoluteSeconds: found the default, 604800, accepted: 2592000 to 31536000, as idleSeconds is 2592000"],
    ],
    [
      { absoluteSeconds: 3_600 },
      ["session.absoluteSeconds: found 3600, accepted: 43200 to 31536000, as idleSeconds is 43200"],
    ],
    [
      { idleSeconds: 600, firstIdleSeconds: 601 },
      ["session.firstIdleSeconds: found 601, accepted: 1 to 600, as idleSeconds is 600"],
    ],
    [
      { absoluteSeconds: 86_400, newSessionHours: 25 },
      ["session.newSessionHours: found 25, accepted: 1 to 24, as absoluteSeconds is 86400"],
    ],
    [
      { idleSeconds: 60, absoluteSeconds: 1_800, newSessionHours: 1 },
      ["session.newSessionHours: found 1, accepted: 0.5 to 0.5, as absoluteSeconds is 1800"],
    ],
    [{ idleSeconds: 600, absoluteSeconds: 600, firstIdleSeconds: 600, newSessionHours: 1 / 6 }, []],
  ])("%j", (session, lines) => expect(mistakes({ pools: [pool()], session })).toEqual(lines));

  it("are compared only if both are right", () => {
    expect(mistakes({ pools: [pool()], session: { idleSeconds: "12h", absoluteSeconds: 60 } })).toEqual([
      'session.idleSeconds: found "12h", accepted: a whole number, 60 to 31536000',
    ]);
  });
});

describe("a strict backup", () => {
  const accepted = 'accepted: true only with stores.backup "sync"';

  it.each<[object, string[]]>([
    [{ strictBackup: true, backup: "sync" }, []],
    [{ strictBackup: false, backup: "off" }, []],
    [{ strictBackup: true }, [`stores.strictBackup: found true with no stores.backup, ${accepted}`]],
    [
      { strictBackup: true, backup: "async" },
      [`stores.strictBackup: found true with stores.backup "async", ${accepted}`],
    ],
    [{ strictBackup: true, backup: "off" }, [`stores.strictBackup: found true with stores.backup "off", ${accepted}`]],
  ])("needs one that is waited for: %j", (stores, lines) => {
    expect(mistakes({ pools: [pool()], stores })).toEqual(lines);
  });

  it.each(["Sync", true, null])("is judged only beside a backup that is right by itself, not %j", (backup) => {
    expect(mistakes({ pools: [pool()], stores: { strictBackup: true, backup } })).toEqual([
      expect.stringContaining("stores.backup: found"),
    ]);
  });

  it("is judged only when it is right itself", () => {
    expect(mistakes({ pools: [pool()], stores: { strictBackup: "true", backup: "async" } })).toEqual([
      'stores.strictBackup: found "true", accepted: true or false',
    ]);
  });
});

describe("origins in a deploy", () => {
  const unreachable = [
    "http://10.0.0.1:8080",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://2130706433",
    "http://017700000001",
    "http://127.0.0.1.",
    "http://%31%32%37.0.0.1",
    "https://[2001:db8::1]/base",
    "http://[::ffff:10.0.0.1]",
    "http://localhost:9001",
    "http://LOCALHOST.",
    "http://a.localhost",
  ];

  it.each(unreachable)("are not at %s, though they may be locally", (url) => {
    const input = { pools: [pool({ origins: [origin({ url })] })] };
    expect(mistakes(input)).toEqual([]);
    expect(mistakes(input, { deploy: true })).toEqual([
      `pools[0].origins[0].url: found "${url}", accepted: in a deploy: a public host name, no IP address and no localhost`,
    ]);
  });

  it.each(["https://a.example.com", "http://localhost.example.com", "https://1.2.3.4.nip.io", "https://10.example"])(
    "may be at %s",
    (url) => expect(mistakes({ pools: [pool({ origins: [origin({ url })] })] }, { deploy: true })).toEqual([]),
  );
});
