import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The built Worker, one file. */
    workerFile: string;
  }
}

/** Builds the Worker as a deploy would, once for all tests that run it in plain workerd. */
export default async function buildWorker(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "moor-worker-"));
  const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  project.provide("workerFile", join(folder, "worker.js"));
  return () => rm(folder, { recursive: true, force: true });
}
