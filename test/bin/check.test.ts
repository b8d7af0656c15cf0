import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { createProject } from "./project.ts";

const right = `import { defineConfig } from "./src/config/define.ts";
export default defineConfig({
  pools: [
    { id: "shop", origins: [{ id: "a", url: "https://a.example.com" }, { id: "b", url: "https://b.example.com", weight: 2, backup: true }] },
    { id: "files", origins: [{ id: "a", url: "https://files.example.com" }],
      session: { see: ["theme"], write: [], may: ["patch", "principal"] } },
    { id: "assets", origins: [{ id: "a", url: "https://assets.example.com" }] },
  ],
  routes: [{ host: "*.example.com", path: "/assets/*", pool: "assets", session: false }, 
    { path: "/x", methods: ["PUT"], headers: [{ name: "A", value: "1" }, { name: "B" }], pool: [{ id: "shop", weight: 9 }, { id: "files", weight: 1 }] },
    { path: "/*", pool: "shop" }],
});`;

const wrong = `export default { pools: [{ id: "A b", origins: [{ id: "a", url: "http://user:secret@a" }] }], rotues: [] };`;

const wrongLines = [
  'pools[0].id: found "A b", accepted: 1 to 64 of a-z 0-9 . _ -',
  'pools[0].origins[0].url: found "http://***@a", accepted: http:// or https:// with a host, optionally a port and a base path; no credentials, query, fragment or spaces',
  "rotues: found an unknown key, accepted: one of the keys pools, routes, session, ignore, carriers, stores, principals, trustedProxies, cors, logout, adopt, admin, handoff, errorPage, login, logins, require, explain, log, traces, events",
];

describe("moor check", () => {
  it("prints the pools and routes of moor.config.ts", async () => {
    const project = await createProject();
    await project.write("moor.config.ts", right);
    expect(await project.run("check")).toEqual({
      code: 0,
      stdout: `moor.config.ts is valid
pool shop
  origins may patch; see attributes: all; write: all
  origin a https://a.example.com weight 1
  origin b https://b.example.com weight 2, backup
pool files
  origins may patch, principal (log in, rotate); see attributes: theme; write: none
  origin a https://files.example.com weight 1
pool assets
  has no sessions: no route with sessions leads here
  origin a https://assets.example.com weight 1
route *.example.com /assets/* to assets, without session
route any host /x with PUT, A: 1, B: any to shop (9), files (1)
route any host /* to shop
carriers: cookie moor
`,
      stderr: "",
    });
  });

  it("suggests the header to sites with a cookie alone, whose programs would meet another origin with each request", async () => {
    const project = await createProject();
    const stdout = async (more: string, morePool = "") => {
      const origins = '[{ id: "a", url: "https://a.example.com" }, { id: "b", url: "https://b.example.com" }]';
      await project.write(
        "moor.config.ts",
        `export default { pools: [{ id: "chat", origins: ${origins}${morePool} }]${more} };`,
      );
      return (await project.run("check")).stdout;
    };
    const suggestion = 'add\n  { type: "header" } to carriers: docs/guide/socket-io.md#programs-without-cookies\n';
    expect(await stdout("")).toContain(suggestion);
    const header = await stdout(', carriers: [{ type: "cookie" }, { type: "header" }]');
    expect(header).toContain("carriers: cookie moor, header Authorization\n");
    expect(header).not.toContain("add");
    const byAddress = ', hashPolicy: [{ type: "session-id" }, { type: "client-ip" }]';
    expect(await stdout("", byAddress)).not.toContain("add");
  });

  it("warns of logins that would be refused, because no pool may log visitors in", async () => {
    const project = await createProject();
    const config = (files: string) => `export default {
      pools: [{ id: "shop", origins: [{ id: "a", url: "https://a.example.com" }], session: { see: true } },
        { id: "files", origins: [{ id: "a", url: "https://files.example.com" }] }],
      routes: [{ path: "/files/*", pool: "files"${files} }, { path: "/*", pool: "shop" }] };`;
    await project.write("moor.config.ts", config(""));
    const text =
      "left out, and several pools have sessions (shop, files), so their origins may only patch. A login or a logout of theirs is " +
      'answered with 502 origin_change_refused. Set may: ["patch", "principal", "end"] for each pool that logs visitors in, or ' +
      'may: ["patch"] if no pool does';
    expect(await project.run("check")).toMatchObject({
      code: 0,
      stderr: `moor: moor.config.ts: warning: pools[0].session.may: ${text}\n`,
    });
    const { stdout } = await project.run("check", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, warnings: [{ path: "pools[0].session.may", text }] });
    await project.write("moor.config.ts", config(", session: false"));
    expect(await project.run("check")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        "origins may patch, principal (log in, rotate), end; see attributes: all; write: all",
      ),
      stderr: "",
    });
  });

  it("prints every mistake on a line of its own, with exit code 2", async () => {
    const project = await createProject();
    await project.write("other.config.ts", wrong);
    expect(await project.run("check", "--config", "other.config.ts")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: wrongLines.map((line) => `moor check: other.config.ts: ${line}\n`).join(""),
    });
  });

  it("refuses a public suffix as the domain of the cookie", async () => {
    const project = await createProject();
    await project.write(
      "moor.config.ts",
      `export default { pools: [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }],
        carriers: [{ type: "cookie", prefix: "__Secure-", domain: ["co.uk", "github.io", "shop.test", "a.workers.dev"] }] };`,
    );
    const accepted = (suffix: string) =>
      `a domain that is registered below ${suffix}, since browsers refuse the cookie of a public suffix`;
    expect(JSON.parse((await project.run("check", "--json")).stdout)).toEqual({
      ok: false,
      mistakes: ["co.uk", "github.io"].map((suffix) => ({
        path: "carriers[0].domain",
        found: `"${suffix}"`,
        accepted: accepted(suffix),
      })),
    });
  });

  it("prints JSON with --json", async () => {
    const project = await createProject();
    await project.write("moor.config.ts", right);
    const valid = await project.run("check", "--json", "--deploy");
    const { config } = JSON.parse(valid.stdout) as { config: unknown };
    expect(valid).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining('"ok": true') });
    expect(readConfig(config)).toMatchObject({ kind: "ok", config });
    await project.write("moor.config.ts", wrong);
    const invalid = await project.run("check", "--json");
    expect(invalid).toMatchObject({ code: 2, stderr: "" });
    expect(JSON.parse(invalid.stdout)).toEqual({
      ok: false,
      mistakes: wrongLines.map((line) => {
        const [, path, found, accepted] = /^(.+?): found (.+), accepted: (.+)$/.exec(line) ?? [];
        return { path, found, accepted };
      }),
    });
  });

  it("refuses with --serve alone what moor serve cannot keep, and says what is given up without Cloudflare", async () => {
    const project = await createProject();
    const config = (more: string) =>
      project.write(
        "moor.config.ts",
        `export default { pools: [{ id: "shop", origins: [{ id: "a", url: "http://10.0.0.5" }] }], ${more} };`,
      );
    await config("");
    expect((await project.run("check")).code).toBe(0);
    expect(await project.run("check", "--serve")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/stores\.authority: found "object", accepted: "redis-tcp" or "postgres"/),
    });
    await config('stores: { authority: { type: "redis-tcp" } }, trustedProxies: ["10.0.1.2"]');
    const valid = await project.run("check", "--serve", "--json");
    const { ok, warnings } = JSON.parse(valid.stdout) as { ok: boolean; warnings: { text: string }[] };
    expect(ok).toBe(true);
    const texts = warnings.map(({ text }) => text).join("\n");
    for (const text of [
      "without Cloudflare",
      "there is no KV",
      "4,320,000 new sessions",
      "was not asked for its settings",
    ])
      expect(texts).toContain(text);
    expect((await project.run("check", "--serve", "--deploy")).code).toBe(2);
  });

  it("refuses origins on this machine with --deploy alone", async () => {
    const project = await createProject();
    await project.write(
      "moor.config.ts",
      `export default { pools: [{ id: "a", origins: [{ id: "a", url: "http://127.1:9001" }] }] }`,
    );
    expect(await project.run("check")).toMatchObject({ code: 0 });
    expect(await project.run("check", "--deploy")).toMatchObject({
      code: 2,
      stderr:
        'moor check: moor.config.ts: pools[0].origins[0].url: found "http://127.1:9001", accepted: in a deploy: a public host name, no IP address and no localhost\n',
    });
  });

  it("names the possible admins, and with --deploy alone refuses a configuration under which there could be no admin", async () => {
    const project = await createProject();
    const withAdmin = (admin: string) =>
      `export default { pools: [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }], admin: ${admin} }`;
    await project.write("moor.config.ts", withAdmin("{}"));
    const { code, stdout } = await project.run("check");
    expect({ code, last: stdout.trim().split("\n").at(-1) }).toEqual({
      code: 0,
      last: "admin at any host, by the secret MOOR_ADMIN_TOKEN",
    });
    const refused = await project.run("check", "--deploy");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^moor check: moor\.config\.ts: admin: found a wrangler\.toml whose \[secrets\] required lacks "MOOR_ADMIN_TOKEN", accepted: in a deploy: .* or admin\.access\n$/,
    );
    await project.write(
      "moor.config.ts",
      withAdmin('{ host: "admin.example.com", access: { team: "https://team.cloudflareaccess.com", aud: "tag" } }'),
    );
    expect((await project.run("check", "--deploy")).stdout).toContain(
      "admin at admin.example.com, by Cloudflare Access (https://team.cloudflareaccess.com) or the secret MOOR_ADMIN_TOKEN\n",
    );
  });

  it("warns with --deploy if traces are added to and wrangler.toml has none recorded", async () => {
    const project = await createProject();
    await project.write(
      "moor.config.ts",
      `export default { pools: [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }], traces: "on" }`,
    );
    const warned = await project.run("check", "--deploy");
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining("warning: traces: ") });
    expect(warned.stderr).toContain(
      '"on" adds to the traces that Cloudflare records, and wrangler.toml has it record none',
    );
    const settings = await readFile(join(project.folder, "wrangler.toml"), "utf8");
    await project.write("wrangler.toml", `${settings}\n[observability.traces]\nenabled = true\n`);
    expect(await project.run("check", "--deploy")).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(["commonjs", "module"])(
    "loads a file as wrangler bundles it, next to a package.json of type %s",
    async (type) => {
      const project = await createProject();
      await mkdir(join(project.folder, "site"));
      await project.write("site/package.json", JSON.stringify({ type }));
      await project.write("site/hosts.ts", 'export enum Host { Shop = "shop.example.com" }');
      await project.write(
        "site/origins.ts",
        'import { Host } from "./hosts.ts"; export const url = "https://" + Host.Shop;',
      );
      await project.write(
        "site/moor.config.ts",
        `import { defineConfig } from "../src/config/define.ts";
import { url } from "./origins";
export default defineConfig({ pools: [{ id: await Promise.resolve("shop"), origins: [{ id: "a", url }] }] });`,
      );
      const { code, stdout, stderr } = await project.run("check", "--config", "site/moor.config.ts");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("\n  origin a https://shop.example.com weight 1\n");
    },
  );

  it("explains in one line why a file cannot be loaded", async () => {
    const project = await createProject();
    await project.write("syntax.ts", "const a = 1;\nexport default { a: b c }");
    await project.write("throws.ts", "throw new Error('no\\nway')");
    await project.write("import.ts", "import './nowhere.ts'; export default 1");
    await project.write("named.ts", "export const config = {}");
    await project.write("worker.ts", 'import { env } from "cloudflare:workers"; export default env');
    await project.write("index.ts", 'import { createHandler } from "./src/index.ts"; export default createHandler');
    const lineFor = async (file: string) => {
      const { code, stdout, stderr } = await project.run("check", "--config", file);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      return stderr;
    };
    expect(await lineFor("missing.ts")).toBe("moor check: missing.ts: there is no such file\n");
    expect(await lineFor("syntax.ts")).toMatch(/^moor check: syntax\.ts:2: cannot be loaded: .+\n$/);
    expect(await lineFor("throws.ts")).toMatch(/^moor check: throws\.ts:1: cannot be loaded: no way\n$/);
    expect(await lineFor("import.ts")).toMatch(
      /^moor check: import\.ts:1: cannot be loaded: Cannot find module .+nowhere.+\n$/,
    );
    expect(await lineFor("named.ts")).toBe(
      "moor check: named.ts: no default export, accepted: export default defineConfig({ … })\n",
    );
    const accepted =
      'accepted: import { defineConfig } from "./src/config/define.ts", and other modules that Node can load';
    for (const [file, found] of [
      ["worker.ts", 'an import from "cloudflare:workers"'],
      ["index.ts", "an import that leads to a module of Workers"],
    ] as const) {
      expect(await lineFor(file)).toBe(
        `moor check: ${file}: found ${found}, which only a Worker can load, ${accepted}\n`,
      );
    }
  });
});
