import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { cachedBuild } from "./built-workers.ts";
import { COMPATIBILITY_DATE } from "./workerd-config.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The built Worker, one file. */
    workerFile: string;
    /** The built `watched-worker.ts`, one file. */
    watchedFile: string;
    /** The built `platform-worker.ts`, one file. */
    platformFile: string;
    /** The built `middleware-worker.ts`, one file. */
    middlewareFile: string;
    /** The built Worker of examples/hono, one file. */
    exampleFile: string;
  }
}

/** Builds the Workers that tests run in plain workerd, as a deploy would. All tests share them. */
export default async function buildWorkers(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "moor-worker-"));
  const [worker, watched, platform, middleware, example] = await Promise.all([
    buildMoor(folder),
    buildScript("test/support/watched-worker.ts", folder),
    buildScript(PLATFORM, folder),
    buildScript("test/support/middleware-worker.ts", folder),
    buildMoor(join(folder, "example"), ["--config", "examples/hono/wrangler.toml", "--alias", ALIAS]),
  ]);
  project.provide("workerFile", worker);
  project.provide("watchedFile", watched);
  project.provide("platformFile", platform);
  project.provide("middlewareFile", middleware);
  project.provide("exampleFile", example);
  return () => rm(folder, { recursive: true, force: true });
}

/** For the examples, which have the package installed. */
const ALIAS = `moor/hono:${resolve("src/hono/index.ts")}`;

/** The services around a Worker in plain workerd. */
export const PLATFORM = "test/support/platform-worker.ts";

/** Builds the Worker of `wrangler.toml`, with more flags of wrangler's, into a folder; resolves to its file. */
export async function buildMoor(folder: string, flags: string[] = []): Promise<string> {
  const into = join(folder, "moor");
  await cachedBuild({ flags, into }, () => build(flags, into));
  return join(into, "worker.js");
}

/** Builds another Worker, of one source file, into a folder; resolves to its file. */
export async function buildScript(source: string, folder: string, flags: string[] = []): Promise<string> {
  const name = basename(source, ".ts");
  const into = join(folder, name);
  const config = join(folder, `${name}.json`);
  const settings = { name, main: resolve(source), compatibility_date: COMPATIBILITY_DATE, compatibility_flags: flags };
  await writeFile(config, JSON.stringify(settings));
  await cachedBuild({ source, flags, into }, () => build(["--config", config], into));
  return join(into, `${name}.js`);
}

async function build(flags: string[], folder: string): Promise<void> {
  const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", ...flags, "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
}
