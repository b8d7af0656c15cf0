import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import type { MiddlewareConfig } from "../../../src/config/middleware.ts";
import type { AuthorityConfig, MoorConfig } from "../../../src/config/types.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../../../src/redis/tcp-client.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import { inCookies } from "./cookie-sessions.ts";
import { type RunningPostgres, startPostgres } from "./postgres.ts";
import { type RedisBySocket, startRedisBySocket } from "./redis-by-socket.ts";
import { startTcpLink, type TcpLink } from "./tcp-link.ts";
import type { MoorOptions, RunningMoor } from "./workerd.ts";

/** The authority of every Moor that a test of this project starts, unless the test names another; unset: Durable Objects. */
const TYPE = process.env.MOOR_TEST_AUTHORITY as AuthorityConfig["type"] | undefined;

/** How the fallback is reached; unset: over the REST protocol of Upstash. */
const FALLBACK = process.env.MOOR_TEST_FALLBACK;

/** The name of that authority, as explain, metrics and the log show it. */
export const AUTHORITY: string = TYPE ?? "object";

/** One for all tests of a file: sessions have random ids. */
let redisStarted: Promise<LocalRedis> | undefined;
let redisBySocketStarted: Promise<RedisBySocket> | undefined;
let postgresStarted: Promise<RunningPostgres> | undefined;

/** The configuration with an authority, and the way to its store. */
export interface Given extends Pick<MoorOptions, "redis"> {
  readonly config: MoorConfig | MiddlewareConfig;
  /** Bindings of the Worker, as texts. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** The configuration with the authority of the project's tests, and the way to its store. */
export async function givenAuthority(
  config: MoorConfig | MiddlewareConfig,
  options: Pick<MoorOptions, "redis" | "texts">,
): Promise<Given> {
  if (TYPE === undefined || TYPE === "object" || config.stores?.authority) return givenFallback(config, options);
  const { redis } = options;
  if (TYPE === "cookie") {
    const { stores, texts } = inCookies();
    return { config: { ...config, stores }, redis, texts: { ...options.texts, ...texts } };
  }
  const { stores, principals } = config;
  const limited = principals && { limit: { sessions: 500, ...principals.limit } };
  const authority = { type: TYPE } as AuthorityConfig;
  const given = { ...config, stores: { ...stores, authority }, ...(limited && { principals: limited }) };
  if (TYPE === "redis") {
    redisStarted ??= startRedis();
    return { config: given, redis: await redisStarted };
  }
  if (TYPE === "redis-tcp") {
    redisBySocketStarted ??= startRedisBySocket();
    return { config: given, redis, texts: { MOOR_REDIS_URL: (await redisBySocketStarted).url } };
  }
  postgresStarted ??= startPostgres();
  return { config: given, redis, texts: { MOOR_POSTGRES: (await postgresStarted).url } };
}

/** The ports by which the sockets of tests' Redis are reached. */
const links = new Map<string, Promise<TcpLink>>();

/** The configuration with the fallback of the project's tests. A test may give an address that leads to no Redis: it stays as it is. */
async function givenFallback(
  config: MoorConfig | MiddlewareConfig,
  { redis, texts }: Pick<MoorOptions, "redis" | "texts">,
): Promise<Given> {
  if (FALLBACK !== "redis-tcp" || !redis?.socket) return { config, redis };
  const link = links.get(redis.socket) ?? startTcpLink(redis.socket);
  links.set(redis.socket, link);
  const { port } = await link;
  return {
    config: { ...config, stores: { ...config.stores, fallback: FALLBACK } },
    redis: undefined,
    texts: { ...texts, MOOR_REDIS_URL: `redis://127.0.0.1:${port}` },
  };
}

/** Remembers all sessions as the authority of a Moor holds them now. Returns the function that brings them back, and no others. */
export async function rememberSessions(moor: RunningMoor): Promise<() => Promise<void>> {
  const [redis, database] = [await redisStarted, await postgresStarted];
  if (redis) return rememberRows(redis);
  return database ? rememberTable(database) : rememberObjects(moor);
}

/** The names of the sessions that the store of the project's tests holds, if its rows are reached by a socket. */
export async function storedRows(): Promise<string[]> {
  const [redis, database] = [await redisBySocketStarted, await postgresStarted];
  if (database) {
    const rows = await database.sql`SELECT name FROM moor_rows WHERE name LIKE 'session:%'`;
    return rows.map(({ name }) => String(name));
  }
  if (!redis) throw new Error("the authority of these tests has no socket");
  const connection = connectToRedis({
    address: readRedisAddress(redis.url) as RedisServerAddress,
    open: openInNode,
    deadlineMs: 5_000,
  });
  try {
    return (await connection.run(["KEYS", "moor:{rows-*}:session:*"])) as string[];
  } finally {
    connection.end();
  }
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

async function rememberTable({ sql }: RunningPostgres): Promise<() => Promise<void>> {
  await sql.unsafe("DROP TABLE IF EXISTS remembered; CREATE TABLE remembered AS SELECT * FROM moor_rows");
  return async () => {
    await sql.unsafe("BEGIN; DELETE FROM moor_rows; INSERT INTO moor_rows SELECT * FROM remembered; COMMIT");
  };
}

/** Options of a test that `moor serve` does not pass. `reason`: why not. */
export function ofCloudflareAlone(reason: string): { skip: boolean } {
  const skip = process.env.MOOR_TEST_RUNTIME === "serve";
  if (skip) console.warn(`a test is skipped with moor serve: ${reason}`);
  return { skip };
}

/** Options of a test that does not hold for sessions in cookies. `reason`: why not. */
export function ofStoresAlone(reason: string): { skip: boolean } {
  const skip = AUTHORITY === "cookie";
  if (skip) console.warn(`a test is skipped with sessions in cookies: ${reason}`);
  return { skip };
}

/** Options of a test that Durable Objects alone pass. `reason`: why another authority does not. */
export function ofObjectsAlone(reason: string): { skip: boolean } {
  const skip = AUTHORITY !== "object";
  if (skip) console.warn(`a test is skipped with the authority ${AUTHORITY}: ${reason}`);
  return { skip };
}
