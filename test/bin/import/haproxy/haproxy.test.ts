/** @quick */
import { describe, expect, it } from "vitest";
import { imported } from "../imported.ts";

const DEFAULTS = "defaults\n mode http\n";
/** Imports lines of a backend; the first is line 6. */
const inBackend = (lines: string) =>
  imported("haproxy", `${DEFAULTS}frontend in\n default_backend app\nbackend app\n${lines}`);
/** Imports lines of a frontend before its default; the first is line 4. */
const inFrontend = (lines: string) =>
  imported(
    "haproxy",
    `${DEFAULTS}frontend in\n${lines}\n default_backend a\nbackend a\n server s 10.0.0.1:80\nbackend b\n server s 10.0.0.2:80\nbackend c\n server s 10.0.0.3:80`,
  );
const SERVER = "server s1 10.0.0.1:8080";

describe("a backend", () => {
  it.each<[string, object]>([
    [
      "cookie SRV insert indirect nocache\nserver one 10.0.0.1:80 cookie c1",
      { formerBalancer: { type: "haproxy", cookie: "SRV" }, origins: [{ id: "one", route: "c1" }] },
    ],
    [`cookie SRV rewrite\n${SERVER}`, { learn: { cookie: "SRV" } }],
    [`cookie JSESSIONID prefix\n${SERVER}`, { learn: { cookie: "JSESSIONID" } }],
    [`appsession JSESSIONID len 52 timeout 3h\n${SERVER}`, { learn: { cookie: "JSESSIONID" } }],
    [`stick-table type string len 32 size 1m\nstick on req.cook(sid)\n${SERVER}`, { learn: { cookie: "sid" } }],
    [`stick store-response res.cook(sid)\nstick match cookie(sid)\n${SERVER}`, { learn: { cookie: "sid" } }],
    [`stick on src\n${SERVER}`, { hashPolicy: [{ type: "client-ip" }] }],
    [`balance source\n${SERVER}`, { hashPolicy: [{ type: "client-ip" }] }],
    [`balance url_param user\n${SERVER}`, { hashPolicy: [{ type: "query", name: "user" }] }],
    [`balance hdr(X-Tenant)\n${SERVER}`, { hashPolicy: [{ type: "header", name: "X-Tenant" }] }],
    [`balance hash req.cook(sid)\n${SERVER}`, { hashPolicy: [{ type: "cookie", name: "sid" }] }],
    [`balance uri whole\n${SERVER}`, { affinity: { algorithm: "nginx-hash", key: "$request_uri" } }],
    [`timeout server 2m\n${SERVER}`, { attemptDeadlineMs: 120_000 }],
    [`timeout server 5000\n${SERVER}`, { attemptDeadlineMs: 5_000 }],
    ["server s1 10.0.0.1 ssl verify none", { origins: [{ url: "https://10.0.0.1" }] }],
    [
      "server s1 [2001:db8::1]:81 weight 3 backup\nserver s2 h",
      { origins: [{ url: "http://[2001:db8::1]:81", weight: 3, backup: true }, {}] },
    ],
    [
      "server s1 h disabled\nserver s2 h:81 weight 0\nserver s3 h:82",
      { origins: [{ down: true }, { down: true }, { id: "s3" }] },
    ],
    [
      "default-server weight 7 disabled\nserver s1 h enabled\nserver s2 h weight 2 enabled",
      { origins: [{ weight: 7 }, { weight: 2 }] },
    ],
    [
      "option httpchk GET /up\nhttp-check expect status 200,204\ntimeout check 1s\nserver s1 h check inter 5s downinter 2s rise 3 fall 4",
      {
        healthCheck: {
          path: "/up",
          expectedStatuses: [
            { start: 200, end: 201 },
            { start: 204, end: 205 },
          ],
          intervalSeconds: 5,
          unhealthyIntervalSeconds: 2,
          timeoutMs: 1_000,
          healthyThreshold: 3,
          unhealthyThreshold: 4,
        },
      },
    ],
    [
      "option httpchk\nhttp-check send meth GET uri /s\nhttp-check expect string up\nserver s1 h check",
      {
        healthCheck: {
          path: "/s",
          expectedStatuses: [{ start: 200, end: 400 }],
          expectedBody: "up",
          intervalSeconds: 2,
        },
      },
    ],
  ])("of %j becomes a pool with %j", async (lines, pool) => {
    expect((await inBackend(lines)).pools[0]).toMatchObject(pool);
  });

  it.each(["roundrobin", "static-rr", "leastconn", "first", "random(2)", "rdp-cookie(x)"])(
    "with balance %s goes by the session, and a note says so",
    async (balance) => {
      const { pools, notes } = await inBackend(`balance ${balance}\n${SERVER}`);
      expect(Object.keys(pools[0] ?? {})).toEqual(["id", "origins"]);
      expect(notes).toContainEqual(expect.stringContaining(`6: balance ${balance} is not carried over`));
    },
  );

  it.each<[string, string]>([
    [`cookie SRV insert\n${SERVER}`, "6: cookie SRV insert: visitors with the cookie stay; Moor sets no such cookie"],
    [
      `balance source\n${SERVER}`,
      "6: balance source: the key is the same, but not HAProxy's mapping, so each visitor may move once",
    ],
    ["server s1 h weight 0\nserver s2 h", "6: server s1: weight 0 becomes down: true"],
    ["server s1 h check", "5: check without option httpchk is not carried over"],
    ["option httpchk HEAD /x\nserver s1 h check", "6: option httpchk: probes are GET, and not HEAD"],
    [
      "option httpchk GET /x\nhttp-check expect ! status 500\nserver s1 h check",
      "7: http-check expect ! status 500 is not carried over",
    ],
    ["server s1 h maxconn 9", "6: maxconn is not carried over: no isolate knows how busy an origin is"],
    ["retries 3\nserver s1 h", "6: retries is not carried over"],
    ["server-template web 3 h:80", "6: server-template web: all of its servers become one origin"],
    ["frobnicate\nserver s1 h", "6: frobnicate is not known here, and not carried over"],
    ["timeout server 2h\nserver s1 h", "6: timeout server 2h becomes 600000 ms, the nearest that Moor accepts"],
  ])("of %j leaves the note %j", async (lines, note) => {
    expect((await inBackend(lines)).notes).toContainEqual(expect.stringContaining(note));
  });

  it("without an address that a Worker reaches is refused", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so HAProxy writes a variable of its environment.
    for (const address of ["/run/a.sock", "unix@/run/a.sock", "${HOST}:80"]) {
      expect((await inBackend(`server s1 ${address}`)).refused).toEqual([
        expect.stringContaining(`6: server s1 ${address}`),
      ]);
    }
  });

  it("takes its retries to the routes", async () => {
    const { fullRoutes } = await inBackend(`retry-on conn-failure response-timeout 502 503\n${SERVER}`);
    expect(fullRoutes).toEqual([{ path: "/*", pool: "app", retryOn: ["connect-failure", "timeout", "gateway-error"] }]);
    expect((await inBackend(`retries 0\n${SERVER}`)).fullRoutes).toMatchObject([{ retryOn: [] }]);
  });
});

describe("rules of a frontend", () => {
  it.each<[string, string[]]>([
    ["use_backend b if { path_beg /x/ }", ["/x -> a", "/x/* -> b", "/* -> a"]],
    ["use_backend b if { path /x }", ["/x -> b", "/* -> a"]],
    ["use_backend b if { hdr(host) -i X.test }", ["x.test /* -> b", "/* -> a"]],
    ["use_backend b if { hdr_dom(host) x.test }", ["x.test /* -> b", "*.x.test /* -> b", "/* -> a"]],
    ["use_backend b if { req.hdr(host),lower x.test:8080 }", ["x.test /* -> b", "/* -> a"]],
    ["use_backend b if { hdr_reg(host) ^x\\.test$ }", ["x.test /* -> b", "/* -> a"]],
    ["use_backend b if METH_POST", ["POST /* -> b", "/* -> a"]],
    ["use_backend b if { hdr(X-A) -m found }", ["/* x-a -> b", "/* -> a"]],
    ["acl h hdr(host) x.test\nacl p path /p\nuse_backend b if h p", ["x.test /p -> b", "/* -> a"]],
    [
      "acl h hdr(host) x.test\nacl h hdr(host) y.test\nuse_backend b if h",
      ["x.test /* -> b", "y.test /* -> b", "/* -> a"],
    ],
    ["acl h hdr(host) x.test\nacl p path /p\nuse_backend b if h or p", ["x.test /* -> b", "/p -> b", "/* -> a"]],
    ["acl p path /p\nuse_backend b if !p", ["/p -> a", "/* -> b"]],
    ["acl p path /p\nuse_backend b unless p", ["/p -> a", "/* -> b"]],
    [
      "acl h hdr(host) x.test\nacl p path /p\nuse_backend b if h !p\nuse_backend c if p",
      ["x.test /p -> c", "x.test /* -> b", "/p -> c", "/* -> a"],
    ],
    ["use_backend b if { path /x } { path /y }", ["/* -> a"]],
  ])("%j become the routes %j", async (lines, routes) => expect((await inFrontend(lines)).routes).toEqual(routes));

  it.each<[string, string]>([
    [
      "use_backend b if { path_end .php }",
      '4: use_backend b if { path_end .php } is not carried over: no route can tell the requests of "path_end .php"',
    ],
    ["use_backend b if nothing", "4: use_backend b if nothing is not carried over: there is no acl nothing"],
    [
      "use_backend b if { path_beg /x }",
      "4: use_backend b if { path_beg /x } also takes paths that go on without a slash, as in /x-x; Moor sends these requests to a",
    ],
    [
      "use_backend b if { path -i /X }",
      "4: use_backend b if { path -i /X }: -i is not carried over, because routes compare paths byte for byte",
    ],
    ["use_backend %[hdr(x)]", "4: use_backend %[hdr(x)] chooses its backend by a value that only HAProxy knows"],
    ["use_backend d", "4: use_backend d leads to d, and there is no such backend of http"],
    ["http-request deny if { src 10.0.0.1 }", "4: http-request deny if { src 10.0.0.1 } is not carried over"],
  ])("%j leave the note %j", async (lines, note) => {
    expect((await inFrontend(lines)).notes).toContainEqual(expect.stringContaining(note));
  });
});

describe("sections", () => {
  it("take the settings of their defaults, by name too, and tell the sections that are left out", async () => {
    const text = `defaults slow\n mode http\n timeout server 5m\ndefaults quick from slow\n timeout server 1s
listen one from slow\n bind :80\n server s h:1\nlisten two from quick\n bind :81\n server s h:2
listen db\n mode tcp\n server s h:3\nbackend idle from quick\n server s h:4`;
    const { pools, notes } = await imported("haproxy", text);
    expect(pools).toMatchObject([{ id: "one", attemptDeadlineMs: 300_000 }]);
    expect(notes).toContain("9: listen two is left out: routes do not tell ports apart, and those of one are written");
    expect(notes).toContain("12: listen db is left out: it has mode tcp, and Moor speaks HTTP alone");
    expect(notes).toContain("15: backend idle is left out: no rule leads to it");
  });

  it.each([
    ["bind :80", '1: "bind" stands before the first section'],
    ["frontend a\n.if defined(X)", "2: .if: conditions in the file are not read"],
    ['frontend a\n acl x path "/a', "2: a quote is not closed, or a backslash ends the line"],
  ])("of %j are refused with their line", async (text, line) => {
    await expect(imported("haproxy", text)).rejects.toThrow(line);
  });
});
