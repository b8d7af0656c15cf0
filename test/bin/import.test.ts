import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createProject, type Project } from "./project.ts";

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
  server { location / { proxy_pass https://api; } location /s/ { proxy_pass http://Shop_1; } }
}`,
    );
    await project.write("conf.d/shop.conf", "upstream Shop_1 { ip_hash; server [2001:db8::1]:80; server 10.0.0.9; }");
    const { code, stdout, stderr } = await project.run("import", "nginx.conf");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const { pools, routes } = await configOf(project, stdout);
    expect(routes).toMatchObject([
      { path: "/s/*", pool: [{ id: "shop_1" }] },
      { path: "/*", pool: [{ id: "api" }] },
    ]);
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

  it("tells the configuration, or the reasons against it, as JSON", async () => {
    const project = await createProject();
    await project.write("nginx.conf", `upstream shop {\nleast_conn;\n${TWO}\n}`);
    const told = await project.run("import", "nginx.conf", "--from", "nginx", "--json");
    expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(told.stdout)).toMatchObject({
      ok: true,
      config: { pools: [{ id: "shop" }] },
      notes: [{ file: "nginx.conf", line: 2, text: expect.stringContaining("least_conn is not carried over") }],
    });
    await project.write("bad.conf", "upstream shop { ip_hash;\nserver app1; }");
    const refused = await project.run("import", "bad.conf", "--json");
    expect(refused).toMatchObject({ code: 2, stderr: "" });
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, refused: [{ file: "bad.conf", line: 2 }] });
  });

  it.each([
    ["haproxy.cfg", "defaults\n  mode http\nlisten app\n  bind :80\n  server a 10.0.0.1:80\n"],
    ["dynamic.yml", "http:\n  services:\n    app: { loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }\n"],
    [
      "nginx.conf",
      "upstream app { server 10.0.0.1; }\nserver {\nlisten 127.0.0.1:80;\nlocation / { proxy_pass http://app; } }\n",
    ],
  ])("knows the format of %s by its text", async (file, text) => {
    const project = await createProject();
    await project.write(file, text);
    const { code, stdout } = await project.run("import", file);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('url: "http://10.0.0.1"') });
  });

  it("refuses a format that it does not know, and a file that it cannot read or that holds no servers", async () => {
    const project = await createProject();
    await project.write("nginx.conf", "http {}");
    const stderrOf = async (...args: string[]) => (await project.run("import", ...args)).stderr;
    expect(await stderrOf("nginx.conf", "--from", "caddy")).toContain(
      'moor import: --from: found "caddy", accepted: nginx, haproxy, traefik',
    );
    expect(await stderrOf("no.conf")).toBe("moor import: no.conf: cannot be read (ENOENT)\n");
    expect(await stderrOf("nginx.conf")).toBe("moor import: nginx.conf: no servers of HTTP in it\n");
  });

  it("refuses an include by pattern under Node 20, which cannot search by pattern", async () => {
    const project = await createProject();
    await project.write("nginx.conf", "http {\ninclude conf.d/*.conf;\n}");
    const withoutGlob = 'import fs from "node:fs/promises"; delete fs.glob;';
    const args = ["--import", `data:text/javascript,${withoutGlob}`, "bin/moor.js", "import", "nginx.conf"];
    await expect(promisify(execFile)(process.execPath, args, { cwd: project.folder })).rejects.toMatchObject({
      code: 2,
      stderr: "moor import: nginx.conf:2: the pattern conf.d/*.conf needs Node.js 22 or newer\n",
    });
  });
});
