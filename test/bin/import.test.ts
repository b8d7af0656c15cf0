import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createProject, type Project } from "./project.ts";

/** Imports an `upstream` block; its first line is line 2 of nginx.conf. */
async function importBlock(block: string, ...flags: string[]) {
  const project = await createProject();
  await project.write("nginx.conf", `http { upstream shop {\n${block}\n} }\n`);
  return project.run("import", "nginx.conf", ...flags);
}

/** The configuration that was printed, between its braces. */
async function configOf(project: Project, text: string) {
  await project.write("imported.config.ts", text);
  const { stdout } = await project.run("check", "--config", "imported.config.ts", "--json");
  return JSON.parse(stdout).config;
}

const TWO = "server 10.0.0.1:8080;\nserver 10.0.0.2:8080;";

describe("moor import", () => {
  it("prints a configuration that moor accepts, including the included files", async () => {
    const project = await createProject();
    await mkdir(join(project.folder, "conf.d"));
    await project.write(
      "nginx.conf",
      `http {
  include conf.d/*.conf;
  upstream api { hash $cookie_sid consistent; server 10.0.0.1:8080 weight=2; server "10.0.0.2" down; server app3:81 backup; }
  server { location / { proxy_pass https://api; } }
}`,
    );
    await project.write("conf.d/shop.conf", "upstream Shop_1 { ip_hash; server [2001:db8::1]:80; server 10.0.0.9; }");
    const { code, stdout, stderr } = await project.run("import", "nginx.conf");
    expect(code).toBe(0);
    expect(stderr).toBe("moor import: note: nginx.conf:4: location / passes to https://api: write a route for it\n");
    const { pools } = await configOf(project, stdout);
    expect(pools).toMatchObject([
      {
        id: "shop_1",
        affinity: { algorithm: "nginx-ip-hash" },
        origins: [{ url: "http://[2001:db8::1]:80" }, { id: "10.0.0.9-80", url: "http://10.0.0.9", weight: 1 }],
      },
      {
        id: "api",
        affinity: { algorithm: "nginx-chash", key: "$cookie_sid" },
        origins: [
          { id: "10.0.0.1-8080", url: "https://10.0.0.1:8080", nginxServer: "10.0.0.1:8080", weight: 2, down: false },
          { id: "10.0.0.2-80", url: "https://10.0.0.2:80", nginxServer: "10.0.0.2", down: true },
          { id: "app3-81", url: "https://app3:81", nginxServer: "app3:81", backup: true },
        ],
      },
    ]);
  });

  it("writes to a file that does not exist yet, and to no other", async () => {
    const project = await createProject();
    await project.write("nginx.conf", `upstream shop { ${TWO} }`);
    expect(await project.run("import", "nginx.conf", "--out", "new.config.ts")).toMatchObject({ code: 0, stdout: "" });
    const text = await readFile(join(project.folder, "new.config.ts"), "utf8");
    expect(text).toContain('{ id: "10.0.0.1-8080", url: "http://10.0.0.1:8080" },');
    const again = await project.run("import", "nginx.conf", "--out", "new.config.ts");
    expect(again).toMatchObject({ code: 2, stderr: "moor import: --out: new.config.ts cannot be written (EEXIST)\n" });
  });

  it.each([
    ["sticky learn create=$upstream_cookie_JSESSIONID lookup=$cookie_JSESSIONID zone=z:1m;", "JSESSIONID"],
    ["sticky route $cookie_at $route_uri;", "at"],
    ["ip_hash;\nsticky cookie srv_id expires=1h;", "srv_id"],
  ])("follows the cookie of %j", async (sticky, cookie) => {
    const { stdout, stderr } = await importBlock(`server 10.0.0.1:80 route=one;\n${sticky}`);
    expect(stderr).toBe("");
    expect(stdout).toContain(`learn: { cookie: "${cookie}" }`);
    expect(stdout).toContain('route: "one"');
  });

  it("follows the jvmRoute that a map cuts out of a cookie", async () => {
    const project = await createProject();
    const map = "map $cookie_JSESSIONID $route { ~.+\\.(?P<route>\\w+)$ $route; }";
    await project.write("nginx.conf", `${map}\nupstream shop { server 10.0.0.1 route=node1; sticky route $route; }`);
    expect((await project.run("import", "nginx.conf")).stdout).toContain('learn: { cookie: "JSESSIONID" }');
  });

  it("names servers as sticky cookie does, by the MD5 of their address", async () => {
    const { stdout } = await importBlock("sticky cookie srv_id;\nserver 127.0.0.1:8081;");
    expect(stdout).toContain('route: "df2b80dc43705d28db9be6f29fe58da3"');
  });

  it("takes the last method, as nginx does", async () => {
    expect((await importBlock(`ip_hash;\nhash $arg_a;\n${TWO}`)).stdout).toContain('"nginx-hash"');
    expect((await importBlock(`ip_hash;\nleast_conn;\n${TWO}`)).stdout).not.toContain("affinity");
  });
});

describe("moor import reports the directives that it leaves out:", () => {
  it.each([
    [
      "least_conn;\nserver 10.0.0.1;",
      "nginx.conf:2: least_conn is not carried over: Moor keeps each session on the origin that its id meets, by weight",
    ],
    [
      "server 10.0.0.1 max_fails=3 weight=2;",
      "nginx.conf:2: max_fails=3 is not carried over: Moor ejects an origin that answers neither a request nor a check",
    ],
    [
      "server 10.0.0.1 fail_timeout=30s;",
      "nginx.conf:2: fail_timeout=30s is not carried over: Moor leaves a failed origin alone for ten seconds",
    ],
    ["server app resolve;", "nginx.conf:2: resolve is not carried over: a Worker resolves names itself"],
    [
      "include nowhere.conf;\nserver 10.0.0.1;",
      "nginx.conf:2: nowhere.conf cannot be read (ENOENT), so what it holds is not imported",
    ],
  ])("%j", async (block, line) => {
    const { code, stderr } = await importBlock(block);
    expect(stderr).toBe(`moor import: note: ${line}\n`);
    expect(code).toBe(0);
  });

  it("an upstream of a stream", async () => {
    const project = await createProject();
    await project.write("nginx.conf", `stream {\nupstream db { server 10.0.0.1:5432; }\n}\nupstream shop { ${TWO} }`);
    const { stdout, stderr } = await project.run("import", "nginx.conf");
    expect(stderr).toBe("moor import: note: nginx.conf:2: upstream db is not of http, and left out\n");
    expect(stdout).not.toContain("db");
  });
});

describe("moor import refuses, with its line,", () => {
  it.each([
    [`hash $request_uri;\n${TWO}`, "nginx.conf:2: hash $request_uri: only ASCII text and these variables can be read"],
    [`hash $cookie_sid$host;\n${TWO}`, "nginx.conf:2: hash $cookie_sid$host: only"],
    ["ip_hash;\nserver app1;", "nginx.conf:3: server app1: nginx gives each address of a name a place of its own"],
    [
      "ip_hash;\nserver unix:/run/a.sock;",
      "nginx.conf:3: server unix:/run/a.sock: a Worker reaches host names and ports alone",
    ],
    ["ip_hash;\nserver app1 resolve;", "nginx.conf:3: resolve: the addresses, and so the mapping, change"],
    ["server 10.0.0.1 drain;", "nginx.conf:2: drain: which sessions the server still has is known to nginx alone"],
    ["hash $cookie_a consistent;\nserver 10.0.0.1;\nserver 10.0.0.1;", "nginx.conf:4: server 10.0.0.1 is listed twice"],
    ["sticky name=srv hash=md5;\nserver 10.0.0.1;", "nginx.conf:2: sticky name=srv hash=md5: Moor knows"],
    [
      "sticky cookie srv_id;\nserver app1;",
      "nginx.conf:3: server app1: sticky cookie names a server without route= by its address",
    ],
    [
      "consistent_hash $cookie_a;\nserver 10.0.0.1;",
      "nginx.conf:2: consistent_hash: not a directive of upstream that is known here",
    ],
    ["server 10.0.0.1 wieght=2;", "nginx.conf:2: wieght=2: not a parameter of server that is known here"],
    ["server 10.0.0.1", 'nginx.conf:2: "server" ends with neither ";" nor a block'],
    ["}", 'nginx.conf:3: unexpected "}"'],
    ["server 10.0.0.1; {", 'nginx.conf:2: unexpected "{"'],
  ])("%j", async (block, line) => {
    const { code, stdout, stderr } = await importBlock(block);
    expect(stderr).toContain(`moor import: ${line}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("a server given by name, unless an option says that each name has one address", async () => {
    const { code, stdout } = await importBlock("ip_hash;\nserver app1;\nserver app2:81;", "--one-address");
    expect(code).toBe(0);
    expect(stdout).toContain("http://app2:81");
  });

  it("an include by pattern under Node 20, which cannot search by pattern", async () => {
    const project = await createProject();
    await project.write("nginx.conf", "http {\ninclude conf.d/*.conf;\n}");
    const withoutGlob = 'import fs from "node:fs/promises"; delete fs.glob;';
    const args = ["--import", `data:text/javascript,${withoutGlob}`, "bin/moor.js", "import", "nginx.conf"];
    await expect(promisify(execFile)(process.execPath, args, { cwd: project.folder })).rejects.toMatchObject({
      code: 2,
      stderr: "moor import: nginx.conf:2: the pattern conf.d/*.conf needs Node.js 22 or newer\n",
    });
  });

  it("a file that is not there, or holds no upstream, or includes itself", async () => {
    const project = await createProject();
    expect((await project.run("import", "no.conf")).stderr).toBe("moor import: no.conf: cannot be read (ENOENT)\n");
    await project.write("nginx.conf", "events {}");
    expect((await project.run("import", "nginx.conf")).stderr).toBe(
      "moor import: nginx.conf: no upstream of http in it\n",
    );
    await project.write("nginx.conf", "a;\ninclude nginx.conf;");
    expect((await project.run("import", "nginx.conf")).stderr).toBe(
      "moor import: nginx.conf:2: nginx.conf includes itself\n",
    );
  });
});
