import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOrigin } from "../support/node/origins.ts";

const exec = promisify(execFile);
const nodeFolder = join(process.execPath, "..");
const inherited = Object.entries(process.env).filter(([name]) => !/^MOOR_\w+_KEYS$/.test(name));
const env = { ...Object.fromEntries(inherited), PATH: [nodeFolder, process.env.PATH].join(delimiter) };

/** A project as `npm init -y` makes it, in which the packed package has been installed. */
let project: string;
let tarball: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "moor-installed-"));
  const { stdout } = await exec("npm", ["pack", "--json", "--pack-destination", project], { env });
  tarball = join(project, JSON.parse(stdout.slice(stdout.indexOf("[\n")))[0].filename);
  await exec("npm", ["init", "-y"], { cwd: project, env });
  await exec("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: project, env });
  // The packages beside it in a project are copies of this project's packages, so npm does not download them again.
  for (const name of ["wrangler", "express", "typescript", "@types", "@cloudflare"]) {
    await symlink(resolve("node_modules", name), join(project, "node_modules", name));
  }
}, 300_000);
afterAll(() => rm(project, { recursive: true, force: true }));

const moor = (...args: string[]) =>
  exec(join(project, "node_modules", ".bin", "moor"), args, { cwd: project, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (fault: { code: number; stdout: string; stderr: string }) => fault,
  );
/** `moor init` in a project that has none of the files that the command writes. */
async function initAfresh(...flags: string[]) {
  for (const file of ["moor.config.ts", "worker.ts", "wrangler.toml"]) await rm(join(project, file), { force: true });
  return moor("init", ...flags);
}
const node = (...args: string[]) => exec(process.execPath, args, { cwd: project, env });

describe("the package", () => {
  it("has the built files and the files that init copies, and neither tests nor other sources", async () => {
    const files = await readdir(join(project, "node_modules", "moor"));
    expect(files.sort()).toEqual(["LICENSE", "README.md", "dist", "package.json", "src", "wrangler.toml"]);
    expect(await readdir(join(project, "node_modules", "moor", "src"))).toEqual(["worker.ts"]);
    const built = await readdir(join(project, "node_modules", "moor", "dist"), { recursive: true });
    expect(built.filter((file) => /\.test\.|[^d]\.ts$/.test(file))).toEqual([]);
  });

  it("is in order, as publint and are-the-types-wrong see it", async () => {
    await exec(process.execPath, ["node_modules/publint/src/cli.js", "--strict", tarball]);
    // The package has only ESM. CommonJS can require it, because Node supports this by itself.
    const attw = "node_modules/@arethetypeswrong/cli/dist/index.js";
    await exec(process.execPath, [attw, "--profile", "esm-only", tarball]);
  });

  it("is imported and required by Node", async () => {
    const imported = `import session from "moor/express"; import { createOrigin } from "moor/origin";
      import { defineConfig } from "moor/config"; console.log([session, createOrigin, defineConfig].map((it) => typeof it).join())`;
    expect((await node("--input-type=module", "-e", imported)).stdout).toBe("function,function,function\n");
    const required = `console.log(typeof require("moor/express"), typeof require("moor/origin").createOrigin)`;
    expect((await node("--input-type=commonjs", "-e", required)).stdout).toBe("function function\n");
  });

  it("has types", async () => {
    await writeFile(
      join(project, "typed.mts"),
      `import type { IncomingMessage, ServerResponse } from "node:http";
import { createHandler, SessionObject, type Env } from "moor";
import { defineConfig } from "moor/config";
import session, { type SessionData } from "moor/express";
import { type MoorEnv, moor } from "moor/hono";
import { createOrigin, type JsonObject } from "moor/origin";
import express from "express";
import { Hono } from "hono";

declare module "moor/express" {
  interface SessionData {
    views: number;
  }
}
const app = express();
app.use(session({ issuer: "https://a.test", audience: "a", cookie: { maxAge: 1 } }));
app.get("/", (request, response) => {
  const views: number | undefined = request.session.views;
  request.session.views = (views ?? 0) + 1;
  request.session.save((error) => response.send(String(error) + request.sessionID));
  // @ts-expect-error: a number
  request.session.views = "one";
  // @ts-expect-error: no declaration has this name
  request.session.veiws = 1;
});
const origin = createOrigin({ issuer: "https://a.test", audience: "a" });
export async function answer(request: IncomingMessage, response: ServerResponse): Promise<JsonObject> {
  const session = await origin.session(request);
  session.apply(response);
  const { version }: { version: number } = await session.api.patch({ a: 1 }, { ifVersion: session.version });
  return { version };
}
const shop = new Hono<MoorEnv<{ basket?: Record<string, number> }>>();
shop.use(moor({ freshness: "strict" }));
shop.get("/", ({ json, var: { session } }) => {
  const apples: number | undefined = session.get("basket")?.apples;
  session.patch({ basket: { apples: (apples ?? 0) + 1 } });
  // @ts-expect-error: no declaration has this name
  session.get("baskets");
  return json({ apples });
});
export type Views = SessionData["views"] & Env["MOOR_ISSUER"];
// @ts-expect-error: a pool needs origins
defineConfig({ pools: [{ id: "a" }] });
export { SessionObject };
export default createHandler(defineConfig({ pools: [{ id: "a", origins: [{ id: "a", url: "https://a.test" }] }] }));
`,
    );
    const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"];
    const types = ["--types", "node,@cloudflare/workers-types"];
    const { stdout } = await node("node_modules/typescript/bin/tsc", ...flags, ...types, "typed.mts").catch(
      (fault) => fault,
    );
    expect(stdout).toBe("");
  });
});

describe("a project without wrangler", () => {
  const link = () => join(project, "node_modules", "wrangler");
  beforeAll(() => rm(link()));
  afterAll(() => symlink(resolve("node_modules", "wrangler"), link()));

  it.each([["dev", "--origin", "http://127.0.0.1:9"], ["deploy"]])(
    "is told by moor %s to install it",
    async (...args) => {
      await initAfresh("--origin", "https://a.shop.com");
      const { code, stderr } = await moor(...args);
      const line = stderr.split("\n").find((text) => text.startsWith("moor "));
      expect([code, line]).toEqual([
        2,
        `moor ${args[0]}: wrangler is not installed here; run: npm install --save-dev wrangler`,
      ]);
    },
  );
});

describe("moor/hono", () => {
  it("is enough to build the example, with its types, together with the project's hono", async () => {
    const folder = join(project, "shop");
    await cp("examples/hono", folder, { recursive: true });
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext", "--skipLibCheck"];
    const types = ["--types", "@cloudflare/workers-types", join(folder, "worker.ts")];
    const { stdout } = await node("node_modules/typescript/bin/tsc", ...flags, ...types).catch((fault) => fault);
    expect(stdout).toBe("");

    const config = ["--config", join(folder, "wrangler.toml"), "--outdir", join(folder, "bundle")];
    const secrets = { MOOR_TOKEN_KEYS: "unused", MOOR_STORE_KEYS: "unused", WRANGLER_SEND_METRICS: "false" };
    const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
    const built = { cwd: project, env: { ...env, ...secrets } };
    await exec(process.execPath, [wrangler, "deploy", "--dry-run", ...config], built);
    const bundle = await readFile(join(folder, "bundle", "worker.js"), "utf8");
    expect(bundle).toContain("session-committed");
    // One hono for the application and for Moor: each is the other's context.
    expect(await readdir(join(project, "node_modules", "moor"))).not.toContain("node_modules");
  });
});

describe("the installed command", () => {
  it("tells its version", async () => {
    const { version } = JSON.parse(await readFile("package.json", "utf8"));
    expect(await moor("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("init writes a project once, with a right configuration, and names the next steps", async () => {
    const origin = await startOrigin("a");
    const written = await initAfresh("--origin", origin.url, "--issuer", "https://shop.example.com");
    expect(written, written.stderr).toMatchObject({ code: 0, stderr: "" });
    expect(written.stdout).toMatch(/^wrote moor\.config\.ts, worker\.ts, wrangler\.toml\n/);
    for (const secret of ["MOOR_TOKEN_KEYS", "MOOR_HANDOFF_KEYS", "MOOR_STORE_KEYS"]) {
      expect(written.stdout).toContain(`npx wrangler secret put ${secret}\n`);
    }
    expect(await readFile(join(project, "wrangler.toml"), "utf8")).toContain(
      'MOOR_ISSUER = "https://shop.example.com"',
    );
    expect((await moor("check")).stdout).toMatch(/^moor\.config\.ts is valid\npool site\n/);

    const config = await readFile(join(project, "moor.config.ts"), "utf8");
    expect(await moor("init")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "moor init: moor.config.ts exists already; nothing has been written\n",
    });
    expect(await readFile(join(project, "moor.config.ts"), "utf8")).toBe(config);
    await origin.kill();
  });

  it("accepts any project that wrangler bundles: a CommonJS project whose configuration imports another file", async () => {
    expect(JSON.parse(await readFile(join(project, "package.json"), "utf8"))).toMatchObject({ type: "commonjs" });
    await initAfresh("--issuer", "https://shop.example.com");
    await writeFile(join(project, "origins.ts"), 'export enum Origin { Shop = "https://origin-a.shop.com" }\n');
    await writeFile(
      join(project, "moor.config.ts"),
      `import { defineConfig } from "moor/config";
import { Origin } from "./origins";
export default defineConfig({ pools: [{ id: "site", origins: [{ id: "a", url: Origin.Shop }] }] });
`,
    );
    expect((await moor("check", "--deploy")).stdout).toContain("origin a https://origin-a.shop.com weight 1");
    const { code, stdout, stderr } = await moor("deploy", "--dry-run", "--outdir", "bundle");
    expect(code, stdout + stderr).toBe(0);
    expect(await readFile(join(project, "bundle", "worker.js"), "utf8")).toContain("https://origin-a.shop.com");
  });

  it("names the module that has defineConfig to a configuration which imports the Worker's", async () => {
    const config = 'import { defineConfig } from "moor";\nexport default defineConfig({ pools: [] });\n';
    await writeFile(join(project, "moor.config.ts"), config);
    expect((await moor("check")).stderr).toBe(
      'moor check: moor.config.ts: found an import from "moor", which only a Worker can load, accepted: import { defineConfig } from "moor/config", and other modules that Node can load\n',
    );
  });

  it("dev runs the project that init has written, in front of a server", async () => {
    const origin = await startOrigin("a");
    await initAfresh("--origin", origin.url);
    const command = join(project, "node_modules", ".bin", "moor");
    const dev = spawn(command, ["dev", "--port", "0"], { cwd: project, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [dev.stdout, dev.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    try {
      await expect.poll(() => output, { timeout: 120_000 }).toMatch(/^ready /m);
      const [, url = ""] = /^ready (\S+)$/m.exec(output) ?? [];
      const response = await fetch(`${url}/?set=basket:apples`);
      expect(response.status).toBe(200);
      expect(response.headers.getSetCookie()[0]).toMatch(/^moor-\d+=/);
      expect(await response.json()).toMatchObject({ server: "a", session: { aud: "site" } });
    } finally {
      dev.kill("SIGTERM");
      await once(dev, "exit");
      await origin.kill();
    }
  });

  it("deploy bundles the project that init has written", async () => {
    await initAfresh("--issuer", "https://shop.example.com", "--origin", "https://origin-b.shop.com");
    const { code, stdout, stderr } = await moor("deploy", "--dry-run", "--outdir", "bundle");
    expect(code, stdout + stderr).toBe(0);
    expect(await readFile(join(project, "bundle", "worker.js"), "utf8")).toContain("origin-b.shop.com");
  });
});

describe("moor init", () => {
  it.each([
    [["--issuer", "http://shop.example.com"], "--issuer: found"],
    [["--issuer", 'https://a"b'], "--issuer: found"],
    [["--origin", "ftp://a"], "--origin: found"],
    [["--orign", "http://a"], 'unknown flag "--orign"'],
  ])("refuses %j, and writes nothing", async (args, message) => {
    const before = await readdir(project);
    const refused = await moor("init", ...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`moor init: ${message}`);
    expect(await readdir(project)).toEqual(before);
  });
});
