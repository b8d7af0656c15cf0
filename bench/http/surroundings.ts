import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRedis } from "../../bin/local-redis/local-redis.ts";
import type { RedisAccess } from "../../test/support/node/workerd-config.ts";
import { build } from "./build.ts";
import type { Built } from "./contestants.ts";
import { makeRoom } from "./cpus.ts";
import { messageOf, startScript } from "./script.ts";

/** The Workers, the servers and the store that contestants need. */
export interface Surroundings {
  readonly built: Built;
  readonly origin: string;
  /** `undefined`: there is no redis-server, so nothing is measured with backups. */
  readonly redis: RedisAccess | undefined;
}

/** Builds the Workers, and measures them with an origin, a Redis and a load generator, which end with the measurement. */
export async function inSurroundings<Results>(
  say: (line: string) => void,
  measure: (around: Surroundings, load: ChildProcess) => Promise<Results>,
): Promise<Results> {
  makeRoom();
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  say("building");
  const built = await build(folder);
  const redis = await startLocalRedis();
  if (!redis) say("no redis-server here: nothing is measured with backups");
  const origin = startScript("origin.ts");
  const load = startScript("load.ts");
  const { port } = await messageOf<{ port: number }>(origin);
  try {
    return await measure({ built, origin: `http://127.0.0.1:${port}`, redis }, load);
  } finally {
    load.kill();
    origin.kill();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
