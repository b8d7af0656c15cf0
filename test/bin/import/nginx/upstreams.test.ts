/** @quick */
import { describe, expect, it } from "vitest";
import { imported } from "../imported.ts";

/** Imports an `upstream` block; its first line is line 2. */
const importBlock = (block: string, options = { oneAddress: false }) =>
  imported("nginx", `upstream shop {\n${block}\n}`, options);

const TWO = "server 10.0.0.1:8080;\nserver 10.0.0.2:8080;";

describe("the method of an upstream", () => {
  it.each<[string, object]>([
    ["ip_hash;", { affinity: { algorithm: "nginx-ip-hash" } }],
    ["hash $request_uri;", { affinity: { algorithm: "nginx-hash", key: "$request_uri" } }],
    ["hash $cookie_a consistent;", { affinity: { algorithm: "nginx-chash", key: "$cookie_a" } }],
    ["ip_hash;\nhash $arg_a;", { affinity: { algorithm: "nginx-hash" } }],
    [
      "sticky learn create=$upstream_cookie_JSESSIONID lookup=$cookie_JSESSIONID zone=z:1m;",
      { learn: { cookie: "JSESSIONID", ignoreCase: true } },
    ],
    ["sticky route $cookie_at;", { learn: { cookie: "at", ignoreCase: true } }],
    ["server 10.0.0.3 slow_start=30s;", { slowStartSeconds: 30 }],
  ])("%j becomes %j", async (block, settings) => {
    expect((await importBlock(`${block}\n${TWO}`)).pools[0]).toMatchObject(settings);
  });

  it.each([
    "ip_hash;\nleast_conn;",
    "random;",
    "sticky name=srv hash=md5;",
    "hash $cookie_sid$host;",
    "consistent_hash $cookie_a;",
  ])("%j becomes the default affinity", async (block) => {
    expect(Object.keys((await importBlock(`${block}\n${TWO}`)).pools[0] ?? {})).toEqual(["id", "origins"]);
  });

  it("by a cookie takes the name of each server from route=", async () => {
    const { pools, notes } = await importBlock(
      "server 10.0.0.1:80 route=one;\nip_hash;\nsticky cookie srv_id expires=1h;",
    );
    expect(pools).toMatchObject([{ formerBalancer: { type: "nginx", cookie: "srv_id" }, origins: [{ route: "one" }] }]);
    expect(notes).toEqual([]);
  });

  it("by nginx's own cookie takes the MD5 of an address without route= as its name", async () => {
    const { pools } = await importBlock("sticky cookie srv_id;\nserver 127.0.0.1:8081;");
    expect(pools).toMatchObject([{ origins: [{ route: "df2b80dc43705d28db9be6f29fe58da3" }] }]);
  });

  it("by nginx's own cookie becomes the default affinity if servers have names and no route=", async () => {
    const { pools, notes } = await importBlock("sticky cookie srv_id;\nserver app1;");
    expect(pools[0]?.formerBalancer).toBeUndefined();
    expect(notes).toContainEqual(
      expect.stringContaining("3: server app1: sticky cookie names a server without route= by its address"),
    );
  });

  it("by a map follows the jvmRoute that the map cuts out of a cookie, and tells the variable that is dropped", async () => {
    const map = "map $cookie_JSESSIONID $route { ~.+\\.(?P<route>\\w+)$ $route; }";
    const { pools, notes } = await imported(
      "nginx",
      `${map}\nupstream shop { server 10.0.0.1 route=node1;\nsticky route $route $uri_route; }`,
    );
    expect(pools).toMatchObject([{ learn: { cookie: "JSESSIONID" } }]);
    expect(notes).toContain(
      "3: sticky route $uri_route is not carried over: Moor follows a cookie and a parameter of the path",
    );
  });
});

it("sticky route of a cookie and of the address follows both", async () => {
  const maps = `map $cookie_jsessionid $by_cookie { ~.+\\.(?P<route>\\w+)$ $route; }
map $request_uri $by_address { ~jsessionid=.+\\.(?P<route>\\w+)$ $route; }`;
  const { pools, notes } = await imported(
    "nginx",
    `${maps}\nupstream shop { server 10.0.0.1 route=a; sticky route $by_cookie $by_address; }`,
  );
  expect(pools[0]?.learn).toEqual({ cookie: "jsessionid", pathParameter: "jsessionid", ignoreCase: true });
  expect(notes).toEqual([]);
});

describe("directives that are left out leave a note:", () => {
  it.each([
    [
      "least_conn;\nserver 10.0.0.1;",
      "2: least_conn is not carried over: Moor keeps each session on the origin that its id meets, by weight",
    ],
    [
      "server 10.0.0.1 max_fails=3;",
      "2: max_fails=3 is not carried over: Moor ejects an origin that answers neither a request nor a check",
    ],
    [
      "server 10.0.0.1 fail_timeout=30s;",
      "2: fail_timeout=30s is not carried over: Moor leaves a failed origin alone for ten seconds",
    ],
    ["server app resolve;", "2: resolve is not carried over: a Worker resolves names itself"],
    [
      "server 10.0.0.1 slow_start=9s;",
      "2: slow_start=9s becomes slowStartSeconds of the pool: it starts when an origin opens, and not when it is back",
    ],
    [
      "include nowhere.conf;\nserver 10.0.0.1;",
      "2: nowhere.conf cannot be read (ENOENT), so what it holds is not imported",
    ],
    ["consistent_hash $cookie_a;\nserver 10.0.0.1;", "2: consistent_hash is not known here, and not carried over"],
    ["keepalive 9;\nserver 10.0.0.1;", "2: needs no counterpart here, because Cloudflare or Moor does it: keepalive"],
  ])("%j", async (block, line) => expect((await importBlock(block)).notes).toContain(line));

  it.each([
    [`hash $cookie_sid$host;\n${TWO}`, "2: hash $cookie_sid$host: only ASCII text and these variables can be read"],
    ["sticky name=srv hash=md5;\nserver 10.0.0.1;", "2: sticky name=srv hash=md5: Moor knows"],
  ])("%j, with the affinity that takes its place", async (block, begin) => {
    const [note = ""] = (await importBlock(block)).notes;
    expect(note).toContain(begin);
    expect(note).toContain("so each visitor goes by the session of Moor (whrw1), and moves once");
  });

  it("an upstream of a stream", async () => {
    const { pools, notes } = await imported(
      "nginx",
      `stream {\nupstream db { server 10.0.0.1:5432; }\n}\nupstream shop { ${TWO} }`,
    );
    expect(notes).toContain("2: upstream db is not of http, and left out");
    expect(pools.map(({ id }) => id)).toEqual(["shop"]);
  });
});

describe("servers that cannot be kept are refused:", () => {
  it.each([
    ["ip_hash;\nserver app1;", "3: server app1: nginx gives each address of a name a place of its own"],
    ["ip_hash;\nserver unix:/run/a.sock;", "3: server unix:/run/a.sock: a Worker reaches host names and ports alone"],
    ["ip_hash;\nserver app1 resolve;", "3: resolve: the addresses, and so the mapping, change"],
    ["server 10.0.0.1 drain;", "2: drain: which sessions the server still has is known to nginx alone"],
    ["hash $cookie_a consistent;\nserver 10.0.0.1;\nserver 10.0.0.1;", "4: server 10.0.0.1 is listed twice"],
    ["server 10.0.0.1 wieght=2;", "2: wieght=2: not a parameter of server that is known here"],
  ])("%j", async (block, line) => {
    expect((await importBlock(block)).refused).toContainEqual(expect.stringContaining(line));
  });

  it("a server given by name, unless an option says that each name has one address", async () => {
    const { pools, refused } = await importBlock("ip_hash;\nserver app1;\nserver app2:81;", { oneAddress: true });
    expect(refused).toEqual([]);
    expect(pools).toMatchObject([{ origins: [{}, { url: "http://app2:81" }] }]);
  });
});

describe("text that is not a configuration is refused with its line:", () => {
  it.each([
    ["server 10.0.0.1", '2: "server" ends with neither ";" nor a block'],
    ["}", '3: unexpected "}"'],
    ["server 10.0.0.1; {", '2: unexpected "{"'],
    ["include balancer.conf;", "2: balancer.conf includes itself"],
  ])("%j", async (block, line) => expect(importBlock(block)).rejects.toThrow(line));
});
