import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { COMPATIBILITY_DATE } from "./workerd-config.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The built Worker, one file. */
    workerFile: string;
    /** The built `platform-worker.ts`, one file. */
    platformFile: string;
  }
}

/** Builds, as a deploy would, what tests run in plain workerd, once for all of them. */
export default async function buildWorkers(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "moor-worker-"));
  await Promise.all([build([], folder), buildPlatform(folder)]);
  project.provide("workerFile", join(folder, "worker.js"));
  project.provide("platformFile", join(folder, "platform-worker.js"));
  return () => rm(folder, { recursive: true, force: true });
}

async function buildPlatform(folder: string): Promise<void> {
  const config = join(folder, "platform.json");
  const main = resolve("test", "support", "platform-worker.ts");
  await writeFile(config, JSON.stringify({ name: "platform", main, compatibility_date: COMPATIBILITY_DATE }));
  await build(["--config", config], folder);
}

async function build(flags: string[], folder: string): Promise<void> {
  const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", ...flags, "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
}
