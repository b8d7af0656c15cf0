import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildPackage } from "./built-package.ts";
import { TEST_MODULES } from "./test-packages.ts";

const APP = "sdk/node/next-app";
const NEXT = join(TEST_MODULES, "next", "dist", "bin", "next");
const ENVIRONMENT = { NEXT_TELEMETRY_DISABLED: "1" };
/** Beside the packages, and not within a `node_modules`, where Next.js would not compile the application. */
const BUILDS = resolve(TEST_MODULES, "..", "dist");

/** The command of a server of a built application. */
export const nextStart = (folder: string, port: number) => ({
  argv: [process.execPath, NEXT, "start", folder, "--port", String(port), "--hostname", "127.0.0.1"],
  env: ENVIRONMENT,
});

/**
 * Builds an application for production, unless that was done for the same sources. Resolves to its folder.
 *
 * @param sources its folder. Default: the application of sdk/node/next-app.
 */
export async function buildNextApp(sources = APP): Promise<string> {
  const builds = join(BUILDS, basename(sources));
  const folder = join(builds, await hashOf(sources));
  if (existsSync(join(folder, "done"))) return folder;
  await rm(builds, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(sources, folder, { recursive: true });
  await buildPackage(join(folder, "node_modules"));
  const env = { ...process.env, ...ENVIRONMENT, NODE_ENV: "production" as const };
  await promisify(execFile)(process.execPath, [NEXT, "build", folder], { env, maxBuffer: 10_000_000 });
  await writeFile(join(folder, "unfinished"), "");
  await rename(join(folder, "unfinished"), join(folder, "done"));
  return folder;
}

async function hashOf(sources: string): Promise<string> {
  const ofMoor = ["src/sdk/{next,origin,adopt}/**/*.ts", "src/sdk/express/merge-diff.ts"];
  const patterns = [`${sources}/**/*`, ...ofMoor, "sdk/node/test-packages/package-lock.json"];
  const hash = createHash("sha256");
  const files = globSync(patterns, { withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  for (const file of paths.sort()) hash.update(file).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
