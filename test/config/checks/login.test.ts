import { describe, expect, it } from "vitest";
import { mistakes, pool, resolved } from "../configs.ts";

const login = { issuer: "https://id.example.com", clientId: "moor", roles: { ops: { claim: "groups", any: ["ops"] } } };
const site = (changes: object = {}) => ({ pools: [pool()], login, require: "login", ...changes });
const route = (changes: object = {}) => ({ path: "/*", pool: "shop", ...changes });

describe("a login", () => {
  it("needs an issuer and a client, and has defaults for the rest", () => {
    const { login: filled, require } = resolved({ pools: [pool()], login: { issuer: login.issuer, clientId: "moor" } });
    expect(filled).toEqual({
      issuer: login.issuer,
      clientId: "moor",
      scopes: ["openid"],
      claims: [],
      roles: {},
      logout: "provider",
      backchannel: false,
    });
    expect(require).toBe("none");
  });

  it("asks for the scope openid, whatever else it asks for", () => {
    const asking = { ...login, scopes: ["email", "openid"] };
    expect(resolved(site({ login: asking })).login?.scopes).toEqual(["openid", "email"]);
  });

  it("lets the provider end sessions only if there is an index of each principal's sessions", () => {
    const asking = { ...login, backchannel: true };
    expect(mistakes(site({ login: asking }))).toEqual([expect.stringMatching(/^login\.backchannel: .*principals/)]);
    expect(mistakes(site({ login: asking, principals: {} }))).toEqual([]);
  });

  it.each(["redis", "postgres", "d1"])("is not renewed where %s is the authority", (type) => {
    const asking = { ...login, refreshSeconds: 300 };
    expect(mistakes(site({ login: asking }))).toEqual([]);
    expect(mistakes(site({ login: asking, stores: { authority: { type: "object" } } }))).toEqual([]);
    const found = mistakes(site({ login: asking, stores: { authority: { type } } }));
    expect(found).toContainEqual(expect.stringMatching(/^login\.refreshSeconds: found a number, .*Durable Objects/));
  });

  it.each([59, 86_401, "300"])("is not renewed every %j seconds", (refreshSeconds) => {
    expect(mistakes(site({ login: { ...login, refreshSeconds } }))).toEqual([
      expect.stringMatching(/^login\.refreshSeconds: .*60 to 86,?400/),
    ]);
  });

  it("reads as itself when its result is read again", () => {
    const once = resolved(site({ routes: [route({ path: "/public/*", require: "none" }), route()] }));
    expect(resolved(once)).toEqual(once);
  });

  it.each(["http://id.example.com", "https://id.example.com/?a=1", "id.example.com", ""])(
    "has no issuer %j",
    (issuer) => {
      expect(mistakes(site({ login: { ...login, issuer } }))).toEqual([
        expect.stringMatching(/^login\.issuer: found .*https:\/\//),
      ]);
    },
  );

  it.each(["principal", "sidIndex", "onRefreshUnavailable"])(
    "has no setting %s, because nothing would follow from it",
    (key) =>
      expect(mistakes(site({ login: { ...login, [key]: true } }))).toEqual([
        expect.stringContaining(`login.${key}: found an unknown key`),
      ]),
  );

  it("takes the right to log in from the pools behind its guards", () => {
    expect(resolved(site()).pools[0]?.session.may).toEqual(["patch", "end"]);
    expect(resolved({ pools: [pool()], login }).pools[0]?.session.may).toContain("principal");
  });

  it("has browsers forget stored pages at a logout, unless the site says otherwise", () => {
    expect(resolved(site()).logout.clearSiteData).toEqual(["cache"]);
    expect(resolved(site({ logout: { clearSiteData: [] } })).logout.clearSiteData).toEqual([]);
  });

  it("limits the life of sockets behind its guards", () => {
    const { routes } = resolved(site({ routes: [route({ path: "/public/*", require: "none" }), route()] }));
    expect(routes.map(({ maxSocketSeconds }) => maxSocketSeconds)).toEqual([undefined, 3_600]);
  });
});

describe("moor check refuses", () => {
  it.each<[string, object, string]>([
    [
      "a guard without a login",
      { pools: [pool()], require: "login" },
      'require: found "login", accepted: "none" without login',
    ],
    [
      "a guard on a route without a login",
      { pools: [pool()], routes: [route({ require: { role: "ops" } })] },
      'routes[0].require: found an object, accepted: "none" without login',
    ],
    [
      "a role that nobody can have",
      site({ require: { role: "boss" } }),
      'require.role: found "boss", accepted: a role of login.roles: ops',
    ],
    [
      "a guard on a route without sessions",
      site({ routes: [route({ path: "/a/*", session: false }), route()] }),
      'routes[0].require: found "login" on a route without sessions',
    ],
    [
      "a guard on a route to a pool that learns",
      site({ pools: [pool({ learn: { cookie: "sid" } })], routes: [route()] }),
      'routes[0].require: found "login" on a route to a pool that learns',
    ],
    [
      "a guard that is lost with a header",
      site({
        require: "none",
        routes: [route({ path: "/a/*", headers: [{ name: "X-A" }], require: "login" }), route()],
      }),
      'routes[1].require: found "none", though routes[0] requires',
    ],
    [
      "a guard that is lost with another method",
      site({ require: "none", routes: [route({ path: "/a/*", methods: ["GET"], require: "login" }), route()] }),
      'routes[1].require: found "none", though routes[0] requires',
    ],
    [
      "a guard that is lost at another host",
      site({ require: "none", routes: [route({ host: "a.example.com", require: "login" }), route()] }),
      'routes[1].require: found "none", though routes[0] requires',
    ],
    [
      "origins behind a guard that may log visitors in",
      site({ pools: [pool({ session: { may: ["patch", "principal"] } })] }),
      'pools[0].session.may: found "principal", accepted: no "principal" behind a guard',
    ],
    [
      "a carrier that strangers can plant",
      site({ carriers: [{ type: "url" }] }),
      'carriers[0].type: found "url", accepted: with login',
    ],
    [
      "a cookie of several hosts",
      site({ carriers: [{ type: "cookie", prefix: "__Secure-", domain: "example.com" }] }),
      'carriers[0].domain: found "example.com", accepted: with login',
    ],
    [
      "a guard at hosts that no provider can name",
      site({ routes: [route({ host: "*.example.com" })] }),
      'routes[0].host: found "*.example.com" with a guard',
    ],
    [
      "a guard at a host without logins",
      site({ login: { ...login, hosts: ["a.example.com"] }, routes: [route({ host: "b.example.com" })] }),
      'routes[0].host: found "b.example.com" with a guard, accepted: a host of login.hosts',
    ],
  ])("%s", (_name, config, line) => expect(mistakes(config)).toEqual([expect.stringContaining(line)]));

  it.each<[string, object]>([
    ["an open path in a closed site", site({ routes: [route({ path: "/public/*", require: "none" }), route()] })],
    [
      "a guarded path in an open site",
      site({ require: "none", routes: [route({ path: "/a/*", require: "login" }), route()] }),
    ],
    [
      "an open path for some methods in a closed site",
      site({ routes: [route({ path: "/a/*", methods: ["GET"], require: "none" }), route()] }),
    ],
    ["guards of two hosts", site({ routes: [route({ host: "a.example.com" }), route()] })],
  ])("not %s", (_name, config) => expect(mistakes(config)).toEqual([]));
});
