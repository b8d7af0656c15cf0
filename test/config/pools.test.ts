import { describe, expect, it } from "vitest";
import { mistakes, origin, pool } from "./configs.ts";

const withOrigins = (affinity: object, ...origins: object[]) => ({
  pools: [pool({ affinity, origins: origins.map((given, i) => origin({ id: `o${i}`, ...given })) })],
});
const CHASH = { algorithm: "nginx-chash", key: "$cookie_sid" };

describe("an affinity", () => {
  it.each([
    { algorithm: "whrw1" },
    { algorithm: "rendezvous" },
    { algorithm: "maglev" },
    { algorithm: "nginx-ip-hash" },
    { algorithm: "nginx-ip-hash", cutOver: "2027-01-01T00:00:00Z" },
    { algorithm: "nginx-hash", key: "$remote_addr-$arg_item" },
  ])("may be %j", (affinity) => expect(mistakes({ pools: [pool({ affinity })] })).toEqual([]));

  const algorithms = "one of whrw1, rendezvous, maglev, nginx-ip-hash, nginx-hash, nginx-chash";
  it.each<[unknown, string]>([
    ["whrw1", `: found "whrw1", accepted: an object whose algorithm is ${algorithms}`],
    [{ algorithm: "jump" }, `.algorithm: found "jump", accepted: ${algorithms}`],
    [
      { algorithm: "nginx-ip-hash", key: "$cookie_a" },
      ".key: found an unknown key, accepted: one of the keys algorithm, cutOver",
    ],
    [
      { algorithm: "nginx-hash" },
      ".key: found nothing, accepted: the key of a hash directive of nginx, of ASCII text and $remote_addr, $binary_remote_addr, $cookie_NAME, $arg_NAME, $http_NAME, $request_uri",
    ],
    [
      { algorithm: "nginx-ip-hash", cutOver: "2027-01-01" },
      '.cutOver: found "2027-01-01", accepted: a time in UTC, as in 2027-01-01T00:00:00Z',
    ],
    [
      { algorithm: "nginx-ip-hash", cutOver: "2027-02-30T00:00:00Z" },
      '.cutOver: found "2027-02-30T00:00:00Z", accepted: a time in UTC, as in 2027-01-01T00:00:00Z',
    ],
  ])("is not %j", (affinity, line) => {
    expect(mistakes({ pools: [pool({ affinity })] })).toEqual([`pools[0].affinity${line}`]);
  });

  it("of nginx takes whole weights, counting backups separately", () => {
    const lines = [
      "pools[0].origins[0].weight: found 1.5, accepted: a whole number, as the pool goes by nginx-ip-hash",
    ];
    const origins = [{ weight: 1.5 }, { weight: 2 }, { weight: 0.5, backup: true }];
    expect(mistakes(withOrigins({ algorithm: "nginx-ip-hash" }, ...origins))).toEqual(lines);
    expect(mistakes(withOrigins({ algorithm: "whrw1" }, ...origins))).toEqual([]);
  });

  it("of nginx needs an origin that is no backup", () => {
    expect(mistakes(withOrigins({ algorithm: "nginx-ip-hash" }, { backup: true }))).toEqual([
      "pools[0].origins[0].backup: found true, and so for all, accepted: an origin that is no backup, as the pool goes by nginx-ip-hash",
    ]);
  });

  it("of a ring of nginx needs the name of each server, once", () => {
    const accepted =
      "accepted: the server exactly as nginx's configuration names it, each once, as the pool goes by nginx-chash";
    expect(
      mistakes(withOrigins(CHASH, { nginxServer: "a:80" }, {}, { nginxServer: "a:80" }, { backup: true })),
    ).toEqual([
      `pools[0].origins[1].nginxServer: found nothing, ${accepted}`,
      `pools[0].origins[2].nginxServer: found "a:80", as at pools[0].origins[0], ${accepted}`,
    ]);
  });
});

describe("the regions of a pool's origins", () => {
  const WHRW1 = { algorithm: "whrw1" };
  const accepted = "one of wnam, enam, sam, weur, eeur, apac, oc, afr, me";

  it("are known regions", () => {
    expect(mistakes(withOrigins(WHRW1, { region: "weur" }, { region: "enam" }))).toEqual([]);
    expect(mistakes(withOrigins(WHRW1, { region: "europe" }))).toEqual([
      `pools[0].origins[0].region: found "europe", accepted: ${accepted}`,
    ]);
  });

  it("are given for all origins or for no origin, and never for backups", () => {
    expect(mistakes(withOrigins(WHRW1, { region: "weur" }, {}, { backup: true }))).toEqual([
      `pools[0].origins[1].region: found nothing, accepted: ${accepted}, as other origins of the pool have a region`,
    ]);
    expect(mistakes(withOrigins(WHRW1, {}, { region: "weur", backup: true }))).toEqual([
      'pools[0].origins[1].region: found "weur", accepted: nothing, as a backup stands in for all regions',
    ]);
  });

  it("are nothing to an algorithm of nginx before its cut-over", () => {
    const cutOver = "2027-01-01T00:00:00Z";
    expect(mistakes(withOrigins({ algorithm: "nginx-ip-hash", cutOver }, { region: "weur" }))).toEqual([]);
    expect(mistakes(withOrigins({ algorithm: "nginx-ip-hash" }, { region: "weur" }))).toEqual([
      'pools[0].origins[0].region: found "weur", accepted: nothing, or an affinity.cutOver, as the pool goes by nginx-ip-hash and not by whrw1',
    ]);
  });
});

describe("the origins of a pool", () => {
  it("are not all down", () => {
    expect(mistakes(withOrigins({ algorithm: "whrw1" }, { down: true }, { down: true }))).toEqual([
      "pools[0].origins[0].down: found true, and so for all, accepted: an origin that is not down",
    ]);
    expect(mistakes(withOrigins({ algorithm: "whrw1" }, { down: true }, {}))).toEqual([]);
  });

  it("are open from one time until a later time", () => {
    const open = (...intervals: object[]) => ({ pools: [pool({ origins: [origin({ open: intervals })] })] });
    const [early, late] = ["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"];
    expect(mistakes(open())).toEqual([]);
    expect(mistakes(open({ until: early }, { from: late }))).toEqual([]);
    expect(mistakes(open({ from: late, until: early }, { from: late, until: late }))).toEqual([
      `pools[0].origins[0].open[0].until: found "${early}", accepted: a time after from, ${late}`,
      `pools[0].origins[0].open[1].until: found "${late}", accepted: a time after from, ${late}`,
    ]);
  });

  it("may be anywhere when a service binding reaches them", () => {
    const local = { url: "http://localhost:9000" };
    const deployed = (given: object) => mistakes({ pools: [pool({ origins: [origin(given)] })] }, { deploy: true });
    expect(deployed(local)).toHaveLength(1);
    expect(deployed({ ...local, service: "SHOP" })).toEqual([]);
  });

  it.each(["node1", "a.b", "df2b80dc43705d28", "A_b-c"])("may be called %s in a cookie", (route) => {
    expect(mistakes({ pools: [pool({ origins: [origin({ route })] })] })).toEqual([]);
  });

  it.each(["", "a;b", "a,b", 'a"b', "a b", "é"])("may not be called %j in a cookie", (route) => {
    expect(mistakes({ pools: [pool({ origins: [origin({ route })] })] })).toEqual([
      expect.stringContaining("accepted: 1 to 128 visible ASCII characters, no comma, semicolon or quote"),
    ]);
  });
});

describe("the client's Host", () => {
  const zoned = (changes: object, routes?: object[]) => ({
    pools: [pool({ host: "client", zone: "example.com", ...changes })],
    ...(routes && { routes: routes.map((route) => ({ path: "/*", pool: "shop", ...route })) }),
  });
  const why = "as the pool's host is client, and cf.resolveOverride works within one zone only";

  it("reaches origins when they and all routes are of the pool's zone", () => {
    const routes = [{ host: "shop.example.com", path: "/a" }, { host: "*.eu.example.com" }, { host: "example.com" }];
    expect(mistakes(zoned({}, routes))).toEqual([]);
  });

  it("needs the zone to be named", () => {
    expect(mistakes(zoned({ zone: undefined }, [{ host: "a.example.com" }]))).toEqual([
      'pools[0].host: found "client" without a zone, accepted: "client" only with the zone of the pool\'s origins and routes: cf.resolveOverride works within one zone only',
    ]);
  });

  it("is refused for an origin of another zone, or behind a service binding", () => {
    const routes = [{ host: "a.example.com" }];
    expect(mistakes(zoned({ origins: [origin({ url: "https://a.badexample.com" })] }, routes))).toEqual([
      `pools[0].origins[0].url: found "https://a.badexample.com", accepted: a host in example.com, ${why}`,
    ]);
    expect(mistakes(zoned({ origins: [origin({ service: "A" })] }, routes))).toEqual([
      `pools[0].origins[0].service: found "A", accepted: nothing: a host in example.com, ${why}`,
    ]);
  });

  it("is refused for a route of another zone, or of any host", () => {
    expect(mistakes(zoned({}, [{ host: "example.org" }]))).toEqual([
      `routes[0].host: found "example.org", accepted: a host in example.com, ${why}`,
    ]);
    const split = [{ pool: [{ id: "shop", weight: 1 }] }];
    expect(mistakes(zoned({}, split))).toEqual([
      `routes[0].host: found nothing, accepted: a host in example.com, ${why}`,
    ]);
    expect(mistakes(zoned({}))).toEqual([
      `pools[0].host: found "client", and no route, accepted: routes with hosts in example.com, ${why}`,
    ]);
  });
});

describe("a former balancer", () => {
  const formerBalancer = { type: "haproxy", cookie: "SERVERID" };

  it("may be every balancer whose cookie can be followed", () => {
    for (const type of ["haproxy", "nginx", "traefik", "ingress-nginx", "tomcat"])
      expect(mistakes({ pools: [pool({ formerBalancer: { type, cookie: "srv" } })] })).toEqual([]);
  });

  const accepted = "accepted: with formerBalancer: a pool that goes by the session's id, with pins";
  it.each<[object, string]>([
    [{ learn: { cookie: "sid" } }, "learn: found an object"],
    [{ failback: "immediate" }, 'failback: found "immediate"'],
    [{ affinity: { algorithm: "nginx-ip-hash" } }, 'affinity.algorithm: found "nginx-ip-hash"'],
    [{ hashPolicy: [{ type: "client-ip" }] }, "hashPolicy: found a list"],
  ])("is a mistake in a pool without pins: %j", (settings, found) => {
    expect(mistakes({ pools: [pool({ formerBalancer, ...settings })] })).toEqual([`pools[0].${found}, ${accepted}`]);
  });

  it("is a mistake of another name", () => {
    expect(mistakes({ pools: [pool({ formerBalancer: { type: "envoy", cookie: "srv" } })] })).toEqual([
      'pools[0].formerBalancer.type: found "envoy", accepted: one of haproxy, nginx, traefik, ingress-nginx, tomcat',
    ]);
  });
});
