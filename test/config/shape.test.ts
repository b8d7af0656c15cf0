import { describe, expect, it } from "vitest";
import { mistakes, origin, pool } from "./configs.ts";

const urlAccepted =
  "accepted: http:// or https:// with a host, optionally a port and a base path; no credentials, query, fragment or spaces";
const rootKeys =
  "pools, routes, session, ignore, carriers, stores, principals, trustedProxies, cors, logout, adopt, admin, handoff, errorPage, login, logins, require, explain, log, traces, events";
const poolKeys =
  "id, origins, host, zone, rewrite, forwardedHeaders, cacheBetween, announcedHeaders, hashPolicy, affinity, learn, formerBalancer, attemptDeadlineMs, outlierDetection, healthCheck, panicThresholdPercent, slowStartSeconds, retryBudget, strictAffinity, failback, closeOn, session";
const originKeys = "id, url, service, weight, open, region, down, backup, nginxServer, route";

const withOrigin = (changes: object) => ({ pools: [pool({ origins: [origin(changes)] })] });
const withPolicy = (policy: unknown) => ({ pools: [pool({ hashPolicy: [policy] })] });
const withSession = (session: object) => ({ pools: [pool()], session });

describe("the shape of a configuration", () => {
  it.each<[string, unknown, string]>([
    ["null", null, `the configuration: found null, accepted: an object of ${rootKeys}`],
    ["a list", [], `the configuration: found an empty list, accepted: an object of ${rootKeys}`],
    ["a text", "{}", `the configuration: found "{}", accepted: an object of ${rootKeys}`],
    ["no pools", {}, "pools: found nothing, accepted: a list of at least one pool"],
    ["empty pools", { pools: [] }, "pools: found an empty list, accepted: a list of at least one pool"],
    ["pools as an object", { pools: {} }, "pools: found an object, accepted: a list of at least one pool"],
    ["a pool as a text", { pools: ["shop"] }, `pools[0]: found "shop", accepted: an object of ${poolKeys}`],
    [
      "no origins",
      { pools: [pool({ origins: [] })] },
      "pools[0].origins: found an empty list, accepted: a list of at least one origin",
    ],
    [
      "an origin as a URL",
      { pools: [pool({ origins: ["https://a"] })] },
      `pools[0].origins[0]: found "https://a", accepted: an object of ${originKeys}`,
    ],
    [
      "empty routes",
      { pools: [pool()], routes: [] },
      "routes: found an empty list, accepted: a list of at least one route; left out: one route to the first pool",
    ],
    [
      "a session policy as a list",
      withSession([]),
      "session: found an empty list, accepted: an object of idleSeconds, absoluteSeconds, firstIdleSeconds, newSessionHours, graceSeconds, maxAttributeBytes, bindTo, remember",
    ],
    [
      "stores as a text",
      { pools: [pool()], stores: "off" },
      'stores: found "off", accepted: an object of authority, replicate, backup, strictBackup, fallback',
    ],
    ["explain as a number", { pools: [pool()], explain: 1 }, "explain: found 1, accepted: true or false"],
    [
      "log as a text",
      { pools: [pool()], log: "all" },
      'log: found "all", accepted: an object of requests, path, address, country, userAgent, trace',
    ],
    ...[
      ["address", "all", 'found "all", accepted: one of none, network, whole'],
      ["country", "DE", 'found "DE", accepted: true or false'],
      ["userAgent", 1, "found 1, accepted: true or false"],
      ["trace", null, "found null, accepted: true or false"],
    ].map(([field, value, mistake]): [string, unknown, string] => [
      `a wrong log.${field}`,
      { pools: [pool()], log: { [field as string]: value } },
      `log.${field}: ${mistake}`,
    ]),
    ["traces as a yes", { pools: [pool()], traces: true }, "traces: found true, accepted: one of on, ignore-client"],
    [
      "requests to log by an unknown word",
      { pools: [pool()], log: { requests: "some" } },
      'log.requests: found "some", accepted: one of "failed", "all", "off", or a share: a number above 0, at most 1',
    ],
  ])("refuses %s", (_, input, line) => {
    expect(mistakes(input)).toEqual([line]);
  });

  it("refuses every unknown key, and lists the known keys", () => {
    expect(mistakes({ pools: [pool({ origins: [origin({ weigth: 2, ur1: "" })] })], sesion: {} })).toEqual([
      `pools[0].origins[0].weigth: found an unknown key, accepted: one of the keys ${originKeys}`,
      `pools[0].origins[0].ur1: found an unknown key, accepted: one of the keys ${originKeys}`,
      `sesion: found an unknown key, accepted: one of the keys ${rootKeys}`,
    ]);
  });

  it.each(["__proto__", "constructor", "prototype"])("refuses a key called %s", (key) => {
    const input = JSON.parse(
      `{ "pools": [{ "id": "a", "origins": [{ "id": "a", "url": "http://a", "${key}": 1 }] }] }`,
    );
    expect(mistakes(input)).toEqual([`pools[0].origins[0]: found an object, accepted: only the keys ${originKeys}`]);
  });

  it("names a missing value by the value that should be there", () => {
    expect(mistakes({ pools: [{ origins: [{}] }] })).toEqual([
      "pools[0].id: found nothing, accepted: 1 to 64 of a-z 0-9 . _ -",
      "pools[0].origins[0].id: found nothing, accepted: 1 to 64 of a-z 0-9 . _ -",
      `pools[0].origins[0].url: found nothing, ${urlAccepted}`,
    ]);
  });

  it("lists the mistakes of every part at once", () => {
    const input = {
      pools: [
        pool({
          id: "A b",
          origins: [origin({ weight: 0 }), origin(), origin({ id: "b", url: "b" })],
          attemptDeadlineMs: 5,
        }),
        pool({ session: { see: false } }),
      ],
      routes: [
        { path: "*", pool: "shop" },
        { path: "/*", pool: "nope" },
        { path: "/x", pool: "shop" },
      ],
      session: { idleSeconds: 1, absoluteSeconds: 60, firstIdleSeconds: 90_000_000 },
      handoff: { dataBytes: -1 },
      explain: "yes",
    };
    expect(mistakes(input).map((line) => line.slice(0, line.indexOf(":")))).toEqual([
      "pools[0].id",
      "pools[0].origins[0].weight",
      "pools[0].origins[2].url",
      "pools[0].attemptDeadlineMs",
      "pools[1].session.see",
      "routes[0].path",
      "session.idleSeconds",
      "session.firstIdleSeconds",
      "handoff.dataBytes",
      "explain",
      "pools[0].origins[1].id",
      "routes[1].pool",
      "routes[2].path",
    ]);
  });
});

describe("numbers", () => {
  const bounds: [string, (value: unknown) => unknown, number[], unknown[]][] = [
    [
      "log.requests",
      (requests) => ({ pools: [pool()], log: { requests } }),
      [0.000_001, 0.5, 1],
      [0, -0.1, 1.01, Number.NaN, "0.5", null],
    ],
    [
      "pools[0].origins[0].weight",
      (weight) => withOrigin({ weight }),
      [0.001, 1, 1_000_000],
      [0, -1, 1_000_000.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null],
    ],
    [
      "pools[0].attemptDeadlineMs",
      (attemptDeadlineMs) => ({ pools: [pool({ attemptDeadlineMs })] }),
      [10, 600_000],
      [9, 600_001, 10.5, "10"],
    ],
    [
      "session.idleSeconds",
      (idleSeconds) => withSession({ idleSeconds, absoluteSeconds: 31_536_000 }),
      [60, 31_536_000],
      [59, 31_536_001, 60.5, "60"],
    ],
    [
      "session.absoluteSeconds",
      (absoluteSeconds) => withSession({ idleSeconds: 60, absoluteSeconds }),
      [60, 31_536_000],
      [59, 31_536_001, 60.5],
    ],
    [
      "session.firstIdleSeconds",
      (firstIdleSeconds) => withSession({ firstIdleSeconds }),
      [1, 43_200],
      [0, 43_201, 1.5],
    ],
    [
      "session.newSessionHours",
      (newSessionHours) => withSession({ newSessionHours }),
      [1, 1.5, 168],
      [0, 0.5, 168.5, "24"],
    ],
    ["session.graceSeconds", (graceSeconds) => withSession({ graceSeconds }), [0, 300], [-1, 301, 0.5]],
    [
      "session.maxAttributeBytes",
      (maxAttributeBytes) => withSession({ maxAttributeBytes }),
      [1_024, 1_048_576],
      [1_023, 1_048_577, 2_000.5],
    ],
    [
      "handoff.lifeSeconds",
      (lifeSeconds) => ({ pools: [pool()], handoff: { lifeSeconds } }),
      [10, 3_600],
      [9, 3_601, 60.5],
    ],
    ["handoff.dataBytes", (dataBytes) => ({ pools: [pool()], handoff: { dataBytes } }), [0, 16_384], [-1, 16_385, 0.5]],
  ];

  it.each(bounds)("%s keeps its bounds", (path, config, right, wrong) => {
    for (const value of right) expect(mistakes(config(value))).toEqual([]);
    for (const value of wrong) expect(mistakes(config(value))).toEqual([expect.stringContaining(`${path}: found`)]);
  });
});

describe("hash policies", () => {
  it.each([
    { type: "session-id" },
    { type: "header", name: "X-Tenant" },
    { type: "cookie", name: "__Host-tenant" },
    { type: "query", name: "tenant id" },
    { type: "client-ip" },
  ])("takes %j", (policy) => expect(mistakes(withPolicy(policy))).toEqual([]));

  it.each<[unknown, string]>([
    [{ type: "sesion-id" }, '.type: found "sesion-id", accepted: one of session-id, header, cookie, query, client-ip'],
    [{ name: "x" }, ".type: found nothing, accepted: one of session-id, header, cookie, query, client-ip"],
    [{ type: "toString" }, '.type: found "toString", accepted: one of session-id, header, cookie, query, client-ip'],
    [
      "cookie",
      ': found "cookie", accepted: an object whose type is one of session-id, header, cookie, query, client-ip',
    ],
    [
      { type: "header", name: "x y" },
      '.name: found "x y", accepted: a name of A-Z a-z 0-9 ! # $ % & \' * + - . ^ _ ` | ~',
    ],
    [
      { type: "cookie", name: "a=b" },
      '.name: found "a=b", accepted: a name of A-Z a-z 0-9 ! # $ % & \' * + - . ^ _ ` | ~',
    ],
    [{ type: "header", name: "" }, '.name: found "", accepted: a name of A-Z a-z 0-9 ! # $ % & \' * + - . ^ _ ` | ~'],
    [{ type: "query", name: "" }, '.name: found "", accepted: a text that is not empty'],
    [{ type: "header" }, ".name: found nothing, accepted: a name of A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~"],
    [
      { type: "client-ip", name: "x" },
      ".name: found an unknown key, accepted: one of the keys type, ipv4PrefixBits, ipv6PrefixBits",
    ],
  ])("refuses %j", (policy, line) => expect(mistakes(withPolicy(policy))).toEqual([`pools[0].hashPolicy[0]${line}`]));

  it("refuses an empty list of them", () => {
    expect(mistakes({ pools: [pool({ hashPolicy: [] })] })).toEqual([
      "pools[0].hashPolicy: found an empty list, accepted: a list of at least one hash policy",
    ]);
  });
});

describe("the permissions of a pool's origins", () => {
  it.each([{}, { see: true }, { see: [] }, { see: ["cart", ""], may: [] }, { may: ["patch", "principal", "end"] }])(
    "takes %j",
    (session) => expect(mistakes({ pools: [pool({ session })] })).toEqual([]),
  );

  it.each<[object, string]>([
    [{ see: false }, "see: found false, accepted: true, or a list of names of attributes"],
    [{ see: ["cart", 1] }, "see[1]: found 1, accepted: the name of an attribute"],
    [{ write: [1] }, "write[0]: found 1, accepted: the name of an attribute"],
    [
      { see: [], may: ["patch"] },
      'may: found "patch", accepted: no patch, as the pool sees nothing; or write, with the names that it may patch',
    ],
    [{ may: "patch" }, 'may: found "patch", accepted: a list of patch, principal, end'],
    [{ may: ["patch", "login"] }, 'may[1]: found "login", accepted: one of patch, principal, end'],
  ])("refuses %j", (session, line) => {
    expect(mistakes({ pools: [pool({ session })] })).toEqual([`pools[0].session.${line}`]);
  });
});
