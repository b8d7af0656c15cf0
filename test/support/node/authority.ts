import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { MiddlewareConfig } from "../../../src/config/middleware.ts";
import type { AuthorityConfig, MoorConfig } from "../../../src/config/types.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import type { MoorOptions, RunningMoor } from "./workerd.ts";

/** The authority of every Moor that a test of this project starts, unless the test names another; unset: Durable Objects. */
const TYPE = process.env.MOOR_TEST_AUTHORITY as AuthorityConfig["type"] | undefined;

/** The name of that authority, as explain, metrics and the log show it. */
export const AUTHORITY: string = TYPE ?? "object";

/** One for all tests of a file: sessions have random ids. */
let started: Promise<LocalRedis> | undefined;

/** The configuration with the authority of the project's tests, and the way to its store. */
export async function givenAuthority(
  config: MoorConfig | MiddlewareConfig,
  { redis }: Pick<MoorOptions, "redis">,
): Promise<{ config: MoorConfig | MiddlewareConfig; redis: MoorOptions["redis"] }> {
  if (TYPE !== "redis" || config.stores?.authority) return { config, redis };
  started ??= startRedis();
  const { stores } = config;
  const { principals } = config;
  const limited = principals && { limit: { sessions: 500, ...principals.limit } };
  return {
    config: { ...config, stores: { ...stores, authority: { type: TYPE } }, ...(limited && { principals: limited }) },
    redis: await started,
  };
}

/** Remembers all sessions as the authority of a Moor holds them now. Returns the function that brings them back, and no others. */
export async function rememberSessions(moor: RunningMoor): Promise<() => Promise<void>> {
  return TYPE === "redis" ? rememberRows(await (started as Promise<LocalRedis>)) : rememberObjects(moor);
}

async function rememberObjects(moor: RunningMoor): Promise<() => Promise<void>> {
  const held = new Map<string, Buffer>();
  const forEachFile = async (work: (file: string) => Promise<void>) => {
    const databases = await moor.storedSessions();
    await Promise.all(databases.flatMap((name) => [name, `${name}-wal`, `${name}-shm`]).map(work));
  };
  await moor.crashAndRestart(() =>
    forEachFile(async (file) => {
      if (existsSync(file)) held.set(file, await readFile(file));
    }),
  );
  return () =>
    moor.crashAndRestart(async () => {
      await forEachFile((file) => rm(file, { force: true }));
      for (const [file, bytes] of held) await writeFile(file, bytes);
    });
}

async function rememberRows(redis: LocalRedis): Promise<() => Promise<void>> {
  const keys = async () => (await run(redis, "KEYS", "moor:{rows-*}:session:*")) as string[];
  const held = await Promise.all(
    (await keys()).map(async (key) => [key, (await run(redis, "HGETALL", key)) as string[]] as const),
  );
  return async () => {
    for (const key of await keys()) await run(redis, "DEL", key);
    for (const [key, fields] of held) await run(redis, "HSET", key, ...fields);
  };
}

/** Options of a test that Durable Objects alone pass. `reason`: why another authority does not. */
export function ofObjectsAlone(reason: string): { skip: boolean } {
  const skip = AUTHORITY !== "object";
  if (skip) console.warn(`a test is skipped with the authority ${AUTHORITY}: ${reason}`);
  return { skip };
}
