import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";

/** Moor as it is deployed, and the Worker that stands for Cloudflare's platform around it: a file each. */
export interface WorkerFiles {
  readonly worker: string;
  readonly platform: string;
}

/** Gives what Moor runs with, which is built when it is asked for first. */
export type Build = () => Promise<WorkerFiles>;

/** Lets some work build what Moor runs with; the files are gone afterwards. */
export async function withBuild<Result>(work: (build: Build) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "moor-sim-"));
  let built: Promise<WorkerFiles> | undefined;
  try {
    return await work(() => (built ??= buildInto(folder)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildInto(folder: string): Promise<WorkerFiles> {
  const [worker, platform] = await Promise.all([buildMoor(folder), buildScript(PLATFORM, folder)]);
  return { worker, platform };
}
