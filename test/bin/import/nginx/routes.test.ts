/** @quick */
import { describe, expect, it } from "vitest";
import { imported } from "../imported.ts";

const UPSTREAMS = "upstream a { server 10.0.0.1; }\nupstream b { server 10.0.0.2; }\n";
/** Imports the inside of a server; its first line is line 4. */
const inServer = (inside: string) => imported("nginx", `${UPSTREAMS}server { server_name _;\n${inside}\n}`);

describe("locations", () => {
  it.each<[string, string[]]>([
    ["location / { proxy_pass http://b; }", ["/* -> b"]],
    ["location / { proxy_pass http://a; }\nlocation /x/ { proxy_pass http://b; }", ["/x/* -> b", "/* -> a"]],
    ["location / { proxy_pass http://a; }\nlocation = /x { proxy_pass http://b; }", ["/x -> b", "/* -> a"]],
    ["location / { proxy_pass http://a; }\nlocation =/x { proxy_pass http://b; }", ["/x -> b", "/* -> a"]],
    ["location /x/ { proxy_pass http://a; }\nlocation / { proxy_pass http://a; }", ["/* -> a"]],
    [
      "location / { proxy_pass http://a; }\nlocation /x/ { proxy_pass http://b; }\nlocation /x/y/ { proxy_pass http://a; }",
      ["/x/y/* -> a", "/x/* -> b", "/* -> a"],
    ],
    [
      "location / { proxy_pass http://a; }\nlocation ~ ^/(x|y)/ { proxy_pass http://b; }",
      ["/x -> a", "/x/* -> b", "/y -> a", "/y/* -> b", "/* -> a"],
    ],
    ["location / { proxy_pass http://a; }\nlocation ~ ^/x(/|$) { proxy_pass http://b; }", ["/x/* -> b", "/* -> a"]],
    [
      "location / { proxy_pass http://a; }\nlocation ^~ /x/ { proxy_pass http://b; }\nlocation ~ ^/x/y/ { proxy_pass http://a; }",
      ["/x/* -> b", "/* -> a"],
    ],
    [
      "location / { proxy_pass http://a; }\nlocation /x/ { proxy_pass http://a; location /x/y/ { proxy_pass http://b; } }",
      ["/x/y/* -> b", "/* -> a"],
    ],
    ["try_files $uri @app;\nlocation @app { proxy_pass http://b; }", ["/* -> b"]],
    ["set $to b;\nlocation / { proxy_pass http://$to; }", ["/* -> b"]],
    ["location / { proxy_pass http://10.0.0.9:81; }", ["/* -> 10.0.0.9-81"]],
  ])("%j become the routes %j", async (inside, routes) => expect((await inServer(inside)).routes).toEqual(routes));

  it.each<[string, string]>([
    [
      "location /x { proxy_pass http://b; }\nlocation / { proxy_pass http://a; }",
      "4: location /x also takes paths that go on without a slash, as in /x-x; Moor sends these requests to a, by the route /*",
    ],
    [
      "location / { proxy_pass http://a; }\nlocation ~* \\.png$ { root /srv; }",
      "5: location ~* \\.png$ is not carried over: a route has no regular expression, so its requests go by the other locations",
    ],
    [
      "location / { proxy_pass http://a; }\nlocation /x/ { root /srv; }",
      "5: location /x/ passes to no server: nginx itself answers; Moor sends these requests to a, by the route /*",
    ],
    [
      "location /x/ { proxy_pass http://a; }",
      "3: the server passes to no server: nginx itself answers; Moor answers these requests with 404",
    ],
    [
      "location / { proxy_pass http://a; }\nlocation = /x { return 204; }",
      "5: location = /x returns 204; Moor sends these requests to a, by the route /*",
    ],
    [
      "location / { proxy_pass http://a; }\nlocation /x/ { fastcgi_pass b; }",
      "5: location /x/ passes to b by fastcgi, and Moor speaks HTTP alone; Moor sends these requests to a, by the route /*",
    ],
    [
      "location / { proxy_pass http://a; }\nlocation /%41 { proxy_pass http://b; }",
      "5: location /%41: no pattern of a route can hold the path /%41",
    ],
    [
      "location /x/ { proxy_pass http://b/; }\nlocation / { proxy_pass http://a; }",
      "4: proxy_pass http://b/ puts / in place of /x/; Moor sends the path as it came, so the servers must answer there",
    ],
    [
      "location / { proxy_pass http://$unknown; }\nlocation /x/ { proxy_pass http://a; }",
      "4: location / passes to http://$unknown, and the file does not tell the value of $unknown; Moor answers these requests with 404",
    ],
    [
      "location / { proxy_pass http://a; rewrite ^/x /y; }",
      "4: rewrite ^/x /y is not carried over: Moor sends the path as it came; use a Transform Rule of Cloudflare, or the application",
    ],
    ["frobnicate on;\nlocation / { proxy_pass http://a; }", "4: frobnicate is not known here, and not carried over"],
  ])("%j leave the note %j", async (inside, note) => expect((await inServer(inside)).notes).toContain(note));

  it("that put a path before their own become a base path, and the origins keep their ids", async () => {
    const { pools, routes } = await inServer(
      "location / { proxy_pass http://b; }\nlocation /x/ { proxy_pass http://b/base/x/; }",
    );
    expect(routes).toEqual(["/x/* -> b-base", "/* -> b"]);
    expect(pools).toEqual([
      { id: "b", origins: [{ id: "10.0.0.2-80", url: "http://10.0.0.2" }] },
      { id: "b-base", origins: [{ id: "10.0.0.2-80", url: "http://10.0.0.2/base" }] },
    ]);
  });

  it("that no file asks for by HTTP leave their upstream out", async () => {
    const { notes } = await inServer("location / { proxy_pass http://a; }");
    expect(notes).toContain("2: upstream b is left out: no location passes to it by HTTP");
  });
});

describe("hosts", () => {
  const server = (name: string, to: string, listen = "80") =>
    `server { listen ${listen}; server_name ${name}; location / { proxy_pass http://${to}; } }`;

  it.each<[string, string[]]>([
    [server("x.test y.test", "a"), ["/* -> a"]],
    [`${server("x.test", "a")}${server("Y.test", "b")}`, ["y.test /* -> b", "/* -> a"]],
    [`${server("x.test", "a")}${server(".y.test", "b")}`, ["y.test /* -> b", "*.y.test /* -> b", "/* -> a"]],
    [`${server("x.test", "a")}${server("y.test", "b", "80 default_server")}`, ["x.test /* -> a", "/* -> b"]],
    [`${server("x.y.test", "a")}${server("*.y.test", "b")}`, ["x.y.test /* -> a", "*.y.test /* -> b", "/* -> a"]],
    [`server { listen 80; return 444; }${server("x.test", "a")}`, ["x.test /* -> a"]],
  ])("%j become the routes %j", async (text, routes) => {
    expect((await imported("nginx", UPSTREAMS + text)).routes).toEqual(routes);
  });

  it.each([
    [server("x.test ~^y", "a"), "3: server_name ~^y is not carried over: no pattern of a route can hold it"],
    [
      `${server("_", "a")}${server("_", "b", "81")}`,
      "3: the server on port 81 is left out: it has no name that a route could match, and is not the default of its port",
    ],
    [
      `${server("x.test", "a")}\n${server("x.test", "b", "81")}`,
      "4: the server on port 81 is left out: the server of line 3 has the same name, and routes do not tell ports apart",
    ],
    [
      `${server("x.test", "a")}\nserver { listen 81; return 301 https://x; }`,
      "4: the server of this line gets no route: it returns 301 https://x",
    ],
  ])("%j leave the note %j", async (text, note) =>
    expect((await imported("nginx", UPSTREAMS + text)).notes).toContain(note),
  );

  it("in one domain with their origins let these see the client's host", async () => {
    const text = `upstream app { server app.shop.test:80; }
server { listen 80 default_server; return 444; }
server { server_name www.shop.test; location / { proxy_pass http://app; proxy_set_header Host $host; } }`;
    expect((await imported("nginx", text)).pools).toMatchObject([{ host: "client", zone: "shop.test" }]);
  });

  it("without a domain in common leave a note", async () => {
    const { pools, notes } = await inServer("location / { proxy_pass http://a; proxy_set_header Host $host; }");
    expect(pools).not.toMatchObject([{ host: "client" }]);
    expect(notes).toContainEqual(expect.stringContaining("4: origins of a see their own name in Host"));
  });
});

describe("settings of a location", () => {
  const settingsOf = async (inside: string) => {
    const { fullRoutes } = await inServer(`${inside}\nlocation / { proxy_pass http://a; }`);
    const { path: _, pool: __, ...settings } = fullRoutes[0] ?? { path: "", pool: "" };
    return settings;
  };

  it.each([
    ["proxy_read_timeout 90;", { attemptDeadlineMs: 90_000 }],
    ["proxy_read_timeout 1m30s;", { attemptDeadlineMs: 90_000 }],
    ["proxy_read_timeout 1h;", { attemptDeadlineMs: 600_000 }],
    ["proxy_next_upstream error timeout;", { retryOn: ["connect-failure", "reset", "timeout"] }],
    ["proxy_next_upstream error http_503;", { retryOn: ["connect-failure", "reset", "503"] }],
    [
      "proxy_next_upstream error http_502 non_idempotent;",
      { retryOn: ["connect-failure", "reset", "non-idempotent", "gateway-error"] },
    ],
    ["proxy_next_upstream off;", { retryOn: [] }],
    ["proxy_next_upstream_tries 2;", { retryOrigins: 2 }],
    ["proxy_next_upstream_tries 9;", { retryOrigins: 3 }],
  ])("%j becomes %j, from the blocks around it too", async (inside, settings) => {
    expect(await settingsOf(inside)).toEqual(settings);
  });

  it.each([
    ["proxy_read_timeout 1h;", "4: proxy_read_timeout 1h becomes 600000 ms, the nearest that Moor accepts"],
    [
      "proxy_next_upstream http_404;",
      "4: proxy_next_upstream http_404 is not carried over: Moor sends no such request again",
    ],
    ["proxy_next_upstream_tries 9;", "4: proxy_next_upstream_tries 9 becomes 3, the most that Moor asks"],
    [
      "proxy_set_header X-Tenant $host;",
      "4: proxy_set_header X-Tenant is not carried over: Moor adds no header of an operator's own",
    ],
  ])("%j leaves the note %j", async (inside, note) => {
    expect((await inServer(`${inside}\nlocation / { proxy_pass http://a; }`)).notes).toContain(note);
  });
});
