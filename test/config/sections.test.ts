import { describe, expect, it } from "vitest";
import { mistakes, pool } from "./configs.ts";

describe("stores", () => {
  const withStores = (stores: unknown) => ({ pools: [pool()], stores });

  it.each([
    {},
    { replicate: "travel" },
    { replicate: "always" },
    { replicate: "off" },
    { backup: "async", strictBackup: false },
    { backup: "sync", strictBackup: true },
    { backup: "off" },
    { authority: { type: "object" }, backup: "sync" },
    { authority: { type: "redis-tcp", waitReplicas: 1, nodes: ["redis-2.test:6379", "[::1]:7000"] } },
    { fallback: "redis" },
    { fallback: "redis-tcp", backup: "sync" },
    { authority: { type: "redis" } },
    { authority: { type: "redis" }, replicate: "always", backup: "off" },
    { authority: { type: "postgres" } },
    { authority: { type: "memcached" } },
    { authority: { type: "d1", bindings: ["SESSIONS_0", "SESSIONS_1"] } },
  ])("takes %j", (stores) => expect(mistakes(withStores(stores))).toEqual([]));

  it.each<[unknown, string]>([
    [{ replicate: "Travel" }, '.replicate: found "Travel", accepted: one of travel, always, off'],
    [{ replicate: true }, ".replicate: found true, accepted: one of travel, always, off"],
    [{ replicate: null }, ".replicate: found null, accepted: one of travel, always, off"],
    [{ backup: "travel" }, '.backup: found "travel", accepted: one of async, sync, off'],
    [{ backup: false }, ".backup: found false, accepted: one of async, sync, off"],
    [{ strictBackup: "yes" }, '.strictBackup: found "yes", accepted: true or false'],
    [{ strictBackup: 1 }, ".strictBackup: found 1, accepted: true or false"],
    [
      { journal: "off" },
      ".journal: found an unknown key, accepted: one of the keys authority, replicate, backup, strictBackup, fallback",
    ],
    [["travel"], ": found a list, accepted: an object of authority, replicate, backup, strictBackup, fallback"],
    [null, ": found null, accepted: an object of authority, replicate, backup, strictBackup, fallback"],
    [
      { authority: {} },
      ".authority.type: found nothing, accepted: one of object, cookie, redis, redis-tcp, postgres, d1, memcached",
    ],
    [
      { authority: { type: "cookies" } },
      '.authority.type: found "cookies", accepted: one of object, cookie, redis, redis-tcp, postgres, d1, memcached',
    ],
    [{ authority: { type: "cookie" } }, ".authority.revocation: found nothing, accepted: one of kv, redis"],
    [
      { authority: { type: "cookie", revocation: "none" } },
      '.authority.revocation: found "none", accepted: one of kv, redis',
    ],
    [
      { authority: { type: "d1", bindings: [] } },
      ".authority.bindings: found an empty list, accepted: a list of at least one: the name of a binding: A-Z a-z 0-9 _, not beginning with a digit",
    ],
    [
      { authority: { type: "postgres", bindings: ["DB", "DB"] } },
      ".authority.bindings: found a list, accepted: names that differ: each is a database of its own",
    ],
    ...["redis-2.test", "redis-2.test:0", "redis://redis-2.test:1", "redis-2.test:1/2"].map(
      (node): [unknown, string] => [
        { authority: { type: "redis-tcp", nodes: [node] } },
        `.authority.nodes[0]: found "${node}", accepted: host:port of a node, as its Cluster names it`,
      ],
    ),
    [{ fallback: "upstash" }, '.fallback: found "upstash", accepted: one of redis, redis-tcp'],
    [
      { authority: { type: "redis-tcp" }, fallback: "redis-tcp" },
      '.fallback: found "redis-tcp", accepted: nothing with stores.authority "redis-tcp": sessions are safe in that store itself',
    ],
    [
      { authority: { type: "redis" }, backup: "async" },
      '.backup: found "async", accepted: "off" with stores.authority "redis": sessions are safe in that store itself',
    ],
  ])("refuses %j", (stores, line) => expect(mistakes(withStores(stores))).toEqual([`stores${line}`]));

  it.each([
    ["redis", {}, "nothing, which is 10,000"],
    ["postgres", { limit: { sessions: 501 } }, "501"],
    ["d1", { limit: { sessions: 501 } }, "501"],
  ])("keep at most 500 sessions of a principal in a row of %s: %j", (type, principals, found) => {
    const config = { ...withStores({ authority: { type } }), principals };
    const accepted = `accepted: 1 to 500 with stores.authority "${type}": a principal's sessions are one row`;
    expect(mistakes(config)).toEqual([`principals.limit.sessions: found ${found}, ${accepted}`]);
    expect(mistakes({ ...config, principals: { limit: { sessions: 500 } } })).toEqual([]);
  });
});

describe("memcached as the authority", () => {
  const config = (more: object) => ({ pools: [pool()], stores: { authority: { type: "memcached" } }, ...more });

  it("goes with sessions that may be lost", () => {
    expect(mistakes(config({ session: { maxAttributeBytes: 262_144 } }))).toEqual([]);
  });

  it.each<[object, string]>([
    [
      { principals: { limit: { sessions: 3 } } },
      'principals: found an object, accepted: nothing with stores.authority "memcached": a restart would lose the end of all sessions of a principal',
    ],
    [
      { session: { remember: { idleSeconds: 604_800, absoluteSeconds: 2_592_000 } } },
      'session.remember: found an object, accepted: nothing with stores.authority "memcached": its sessions do not outlive a restart',
    ],
    [
      { session: { maxAttributeBytes: 262_145 } },
      'session.maxAttributeBytes: found 262145, accepted: up to 262144 with stores.authority "memcached": it refuses values above a megabyte',
    ],
  ])("refuses %j, which must last", (more, line) => expect(mistakes(config(more))).toEqual([line]));
});

describe("trustedProxies", () => {
  const withProxies = (trustedProxies: unknown) => ({ pools: [pool()], trustedProxies });

  it.each([
    ["203.0.113.7"],
    ["10.0.0.0/8", "203.0.113.0/24"],
    ["2001:db8::1", "2001:db8::/32", "2001::/16"],
    ["::ffff:10.0.0.0/104", "::ffff:203.0.113.7"],
  ])("takes %j", (...blocks) => expect(mistakes(withProxies(blocks))).toEqual([]));

  it.each([
    "0.0.0.0/0",
    "10.0.0.0/7",
    "::/0",
    "2001::/15",
    "::ffff:10.0.0.0/103",
    "::ffff:10.0.0.0/24",
    "203.0.113.0/33",
    "2001:db8::/129",
    "203.0.113",
    "cdn",
    "",
  ])("refuses %j", (block) =>
    expect(mistakes(withProxies([block]))).toEqual([
      `trustedProxies[0]: found "${block}", accepted: an IP address, or a CIDR block of /8 to /32 (IPv6: /16 to /128), as in 203.0.113.0/24 or 2001:db8::/32`,
    ]),
  );
});

describe("cors", () => {
  const withCors = (cors: unknown) => ({ pools: [pool()], cors });

  it.each(["https://app.example.com", "https://app.example.com:8443", "http://localhost:3000", "http://[::1]:3000"])(
    "takes the origin %s",
    (origin) => expect(mistakes(withCors({ origins: [origin], credentials: true }))).toEqual([]),
  );

  it.each([
    "*",
    "null",
    "https://*.example.com",
    "https://app.example.com/",
    "https://app.example.com:443",
    "app.test",
  ])("refuses the origin %s", (origin) =>
    expect(mistakes(withCors({ origins: [origin] }))).toEqual([
      `cors.origins[0]: found "${origin}", accepted: an origin as browsers send it, as in https://app.example.com: no path, no default port, no *`,
    ]),
  );

  it.each<[unknown, string]>([
    [{}, ".origins: found nothing, accepted: a list of at least one: an origin as browsers send it"],
    [{ origins: [] }, ".origins: found an empty list, accepted: a list of at least one"],
    [{ origins: ["https://a.test"], credentials: 1 }, ".credentials: found 1, accepted: true or false"],
  ])("refuses %j", (cors, line) => {
    const [found] = mistakes(withCors(cors));
    expect(found).toContain(`cors${line}`);
    expect(mistakes({ pools: [pool()], routes: [{ path: "/*", pool: "shop", cors }] })).toEqual([`routes[0].${found}`]);
  });
});

describe("logout", () => {
  const withLogout = (logout: unknown) => ({ pools: [pool()], logout });

  it("takes the kinds of data that a browser forgets", () => {
    expect(mistakes(withLogout({ clearSiteData: ["cache", "cookies", "storage"] }))).toEqual([]);
  });

  it("refuses other kinds", () => {
    expect(mistakes(withLogout({ clearSiteData: ["*"] }))).toEqual([
      'logout.clearSiteData[0]: found "*", accepted: one of cache, cookies, storage',
    ]);
  });
});

describe("admin", () => {
  const withAdmin = (admin: unknown) => ({ pools: [pool()], admin });
  const aud = "4714c1358e65fe4b";

  it.each([
    {},
    { host: "admin.example.com", attributes: true },
    { access: { team: "https://team.cloudflareaccess.com", aud } },
  ])("takes %j", (admin) => expect(mistakes(withAdmin(admin))).toEqual([]));

  it.each<[unknown, string]>([
    [true, ": found true, accepted: an object of host, console, attributes, webhook, access, roles"],
    [
      { token: "x" },
      ".token: found an unknown key, accepted: one of the keys host, console, attributes, webhook, access, roles",
    ],
    [
      { host: "*.example.com" },
      '.host: found "*.example.com", accepted: a host name in lower case (xn-- for other scripts)',
    ],
    [
      { access: { team: "team", aud } },
      '.access.team: found "team", accepted: https:// and the team\'s domain, as in https://team.cloudflareaccess.com; http:// only on this machine',
    ],
    [
      { access: { team: "http://team.cloudflareaccess.com", aud } },
      '.access.team: found "http://team.cloudflareaccess.com", accepted: https:// and the team\'s domain, as in https://team.cloudflareaccess.com; http:// only on this machine',
    ],
    [
      { access: { team: "https://team.cloudflareaccess.com" } },
      ".access.aud: found nothing, accepted: a text that is not empty",
    ],
  ])("refuses %j", (admin, line) => expect(mistakes(withAdmin(admin))).toEqual([`admin${line}`]));
});

describe("principals", () => {
  const withPrincipals = (principals: unknown) => ({ pools: [pool()], principals });

  it.each([
    {},
    { limit: {} },
    { limit: { sessions: 1 } },
    { limit: { sessions: 10_000, onTooMany: "end-oldest" } },
    { limit: { sessions: 100, onTooMany: "refuse" } },
  ])("takes %j", (principals) => expect(mistakes(withPrincipals(principals))).toEqual([]));

  it.each<[unknown, string]>([
    [true, ": found true, accepted: an object of limit"],
    [{ limit: 3 }, ".limit: found 3, accepted: an object of sessions, onTooMany"],
    [{ limit: { sessions: 0 } }, ".limit.sessions: found 0, accepted: a whole number, 1 to 10000"],
    [{ limit: { sessions: 10_001 } }, ".limit.sessions: found 10001, accepted: a whole number, 1 to 10000"],
    [{ limit: { onTooMany: "end" } }, '.limit.onTooMany: found "end", accepted: one of refuse, end-oldest'],
    [
      { limit: { sessions: 101, onTooMany: "refuse" } },
      '.limit.sessions: found 101, accepted: 1 to 100, as onTooMany is "refuse"',
    ],
    [
      { limit: { onTooMany: "refuse" } },
      '.limit.sessions: found nothing, accepted: 1 to 100, as onTooMany is "refuse"',
    ],
  ])("refuses %j", (principals, line) => {
    expect(mistakes(withPrincipals(principals))).toEqual([`principals${line}`]);
  });
});
