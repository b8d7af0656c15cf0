/** @needs redis-server systemd */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../support/node/built-package.ts";
import { describeWithInstalled } from "../support/node/installed.ts";
import { type RedisBySocket, startRedisBySocket } from "../support/node/redis-by-socket.ts";
import { keyVariables } from "../support/node/served.ts";
import { testKeys } from "../support/node/test-keys.ts";
import { commandIn, readUnit, shownFile, shownFirst, startService } from "./services.ts";

const exec = promisify(execFile);
/** The units that the guides show. */
const UNITS = {
  serve: "/etc/systemd/system/moor@.service",
  "redis-bridge": "/etc/systemd/system/moor-redis-bridge.service",
} as const;
const DEPENDENCIES = [
  "cookie",
  "hono",
  "jiti",
  "postgres",
  "tldts",
  "tldts-core",
  "valibot",
  "yaml",
  "@redis",
  "wrangler",
];
const TOKEN = "a-token-of-the-bridge-0123456789-0123456789";
const ANY_PORT = "127.0.0.1:0";
/** The oldest Node for which the package is made. */
const OLDEST_NODE = resolve("sdk/node/test-packages/node_modules/oldest-node/bin/node");

let redis: RedisBySocket;
/** The folder of a project that the package is installed in, and its files. */
let project: string;
let files: string[];
/** The folder of the secrets, and the names of its files. */
let credentials: string;
let secrets: string[];
/** The variables that the operator sets. */
let environment: Record<string, string>;
beforeAll(async () => {
  redis = await startRedisBySocket();
  environment = { MOOR_ISSUER: "https://shop.example.com", MOOR_REDIS_URL: redis.url };
  project = await mkdtemp(join(tmpdir(), "moor-services-"));
  await buildPackage(join(project, "node_modules"), ...DEPENDENCIES);
  const config = `import { defineConfig } from "moor/config";\n${shownFirst("serve", "ts")}`;
  await writeFile(join(project, "moor.config.ts"), config);
  files = await readdir(project);
  credentials = `${project}-credentials`;
  await mkdir(credentials);
  for (const [name, value] of Object.entries(keyVariables(await testKeys()))) {
    await writeFile(join(credentials, name.slice("MOOR_".length).toLowerCase().replaceAll("_", "-")), value);
  }
  await writeFile(join(credentials, "tokens"), `${TOKEN}\n`);
  secrets = await readdir(credentials);
});
afterAll(async () => {
  await redis.stop();
  for (const folder of [project, credentials]) await rm(folder, { recursive: true, force: true });
});

/** Starts the command of a guide with another Node, at any free ports, and with further flags. */
function start([, ...args]: readonly string[], flags: readonly string[], variables = {}, node = process.execPath) {
  const placed = args.map((arg) => arg.replace(/^0\.0\.0\.0:\d+$/, ANY_PORT));
  return startService([node, ...placed, ...flags], project, { ...environment, ...variables });
}

/** The variables by which a container learns the files of its secrets. */
const mounted = () => ({
  MOOR_TOKEN_KEYS_FILE: join(credentials, "token-keys"),
  MOOR_HANDOFF_KEYS_FILE: join(credentials, "handoff-keys"),
  MOOR_STORE_KEYS_FILE: join(credentials, "store-keys"),
});

it.each(Object.entries(UNITS))("systemd finds no mistake in the unit of moor %s", async (guide, path) => {
  const text = shownFile(guide as keyof typeof UNITS, path).replaceAll("/usr/bin/node", process.execPath);
  const file = join(credentials, `${guide}${path.includes("@") ? "@8080" : ""}.service`);
  await writeFile(file, text);
  const { stdout, stderr } = await exec("systemd-analyze", ["verify", "--man=no", file]);
  expect(stdout + stderr).toBe("");
});

describe("moor serve, as docs/guide/serve.md shows it", () => {
  it.concurrent.each(["unit", "image"] as const)(
    "serves by the %s, writes nothing beside its configuration, and ends with 0 at SIGTERM",
    async (kind) => {
      const unit = readUnit(shownFile("serve", UNITS.serve), { instance: "8080", credentials });
      if (kind === "unit") expect(secrets).toEqual(expect.arrayContaining([...unit.credentials]));
      const [command, variables] =
        kind === "unit" ? [unit.command, unit.variables] : [commandIn(shownFile("serve", "Dockerfile")), mounted()];
      const service = start(command, [], variables);
      expect(JSON.parse(await service.line(/"event":"serving"/))).toMatchObject({ store: "ready" });
      expect(await service.stop()).toBe(0);
      expect(await readdir(project)).toEqual(files);
    },
  );
});

describe("moor redis-bridge, as docs/guide/redis-bridge.md shows it", () => {
  it.each(["unit", "image"] as const)("serves by the %s, and ends with 0 at SIGTERM", async (kind) => {
    const unit = readUnit(shownFile("redis-bridge", UNITS["redis-bridge"]), { instance: "", credentials });
    const image = shownFile("redis-bridge", "Dockerfile");
    const service =
      kind === "unit"
        ? start(unit.command, ["--listen", ANY_PORT])
        : start(commandIn(image), ["--listen", ANY_PORT], { MOOR_BRIDGE_TOKENS: TOKEN });
    const [, port = ""] = /:(\d+)$/.exec(await service.line(/^ready http:/)) ?? [];
    const [, check = ""] = /^HEALTHCHECK CMD node -e "(.*)"$/m.exec(image) ?? [];
    expect(check).toContain(":8079/");
    // It rejects unless the bridge is healthy.
    await exec(process.execPath, ["-e", check.replace(":8079/", `:${port}/`)]);
    expect(await service.stop()).toBe(0);
  });
});

describe("the oldest Node of package.json", () => {
  describeWithInstalled(OLDEST_NODE, "npm ci --prefix sdk/node/test-packages, on Linux with x64", () => {
    const moor = join("node_modules", "moor", "dist", "bin", "moor.js");

    it("is the Node with which this is tested", async () => {
      const { engines } = JSON.parse(await readFile("package.json", "utf8"));
      const { stdout } = await exec(OLDEST_NODE, ["--version"]);
      expect(`v${engines.node.replace(">=", "")}.0\n`).toBe(stdout);
    });

    it.each(["--help", "check", "check --serve", "serve --help", "keys new"])("runs moor %s", async (args) => {
      const { stdout } = await exec(OLDEST_NODE, [moor, ...args.split(" ")], { cwd: project });
      expect(stdout).not.toBe("");
    });

    it("runs moor serve and moor redis-bridge", async () => {
      const flags = ["--drain-notice-seconds", "0"];
      const serve = start(commandIn(shownFile("serve", "Dockerfile")), flags, mounted(), OLDEST_NODE);
      const image = commandIn(shownFile("redis-bridge", "Dockerfile"));
      const bridge = start(image, ["--listen", ANY_PORT], { MOOR_BRIDGE_TOKENS: TOKEN }, OLDEST_NODE);
      await Promise.all([serve.line(/"event":"serving"/), bridge.line(/^ready http:/)]);
      expect(await Promise.all([serve.stop(), bridge.stop()])).toEqual([0, 0]);
    });
  });
});
