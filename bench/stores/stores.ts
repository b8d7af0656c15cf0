import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRedis } from "../../bin/local-redis/local-redis.ts";
import { startRedisServer } from "../../bin/local-redis/redis-server.ts";
import { startLocalMemcached } from "../../bin/stores/local-memcached.ts";
import { startLocalPostgres } from "../../bin/stores/local-postgres.ts";
import type { AuthorityConfig } from "../../src/config/types.ts";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { Client } from "../../test/support/node/client.ts";
import { startLocalOrigin } from "../../test/support/node/local-origin.ts";
import { freePort } from "../../test/support/node/ports.ts";
import type { RedisAccess } from "../../test/support/node/workerd-config.ts";
import { quantile } from "../http/statistics.ts";
import { startMoor } from "../http/workerd.ts";
import { table } from "../table.ts";

/** How long requests take with one store as the authority, in milliseconds. */
export interface StoreTimes {
  readonly store: string;
  /** A read that asks the store. */
  readonly reads: Quantiles;
  readonly changes: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** A store that runs, and the way to it. */
interface Running {
  readonly redis?: RedisAccess;
  readonly texts?: Readonly<Record<string, string>>;
  stop(): Promise<unknown>;
}

/** The stores that can run on one machine with plain workerd. */
const STORES: Readonly<Partial<Record<AuthorityConfig["type"], () => Promise<Running>>>> = {
  object: async () => ({ stop: async () => {} }),
  async redis() {
    const redis = await startLocalRedis({ survivesKill: true });
    if (!redis) throw new Error("there is no redis-server on the PATH");
    return { redis, stop: redis.stop };
  },
  async "redis-tcp"() {
    const [port, password] = [await freePort(), crypto.randomUUID()];
    const server = await startRedisServer({ survivesKill: true, tcp: { port, password } });
    if (!server) throw new Error("there is no redis-server on the PATH");
    return { texts: { MOOR_REDIS_URL: `redis://:${password}@127.0.0.1:${port}` }, stop: server.stop };
  },
  async postgres() {
    const { url, stop } = await startLocalPostgres();
    return { texts: { MOOR_POSTGRES: url }, stop };
  },
  async memcached() {
    const { port, stop } = await startLocalMemcached();
    return { texts: { MOOR_MEMCACHED: `memcached://127.0.0.1:${port}` }, stop };
  },
};

const WARM_UP = 50;

/** Sends one request after the other to a Moor for each store. Everything is on this machine, so nothing is far. */
export async function measureStores(requests: number, say: (line: string) => void): Promise<StoreTimes[]> {
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  const origin = await startLocalOrigin("a");
  let count = 0;
  origin.answers((request, response) => {
    if (request.method === "POST") response.setHeader("Moor-Patch", JSON.stringify({ count: count++ }));
    response.end("ok");
  });
  try {
    const files = { worker: await buildMoor(folder), platform: await buildScript(PLATFORM, folder) };
    const times: StoreTimes[] = [];
    for (const [type, start] of Object.entries(STORES)) {
      say(`sessions in ${type}`);
      const { redis, texts, stop } = await start();
      const config = {
        pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }],
        routes: [{ path: "/*", pool: "shop", freshness: "strict" as const }],
        stores: { authority: { type } as AuthorityConfig },
      };
      const moor = await startMoor(files, config, { redis, texts });
      const client = new Client(moor.port);
      await client.ask("/");
      const changes = await timesOf(requests, () => client.ask("/", { method: "POST" }));
      const reads = await timesOf(requests, () => client.ask("/"));
      times.push({ store: type, reads, changes });
      client.close();
      await moor.stop();
      await stop();
    }
    return times;
  } finally {
    await origin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function timesOf(requests: number, ask: () => Promise<{ readonly status: number }>): Promise<Quantiles> {
  const taken: number[] = [];
  for (let nth = 0; nth < WARM_UP + requests; nth++) {
    const began = performance.now();
    const { status } = await ask();
    if (status !== 200) throw new Error(`a request was answered by ${status}`);
    if (nth >= WARM_UP) taken.push(performance.now() - began);
  }
  taken.sort((one, other) => one - other);
  return { p50: quantile(taken, 0.5), p95: quantile(taken, 0.95) };
}

/** The times as a table in Markdown. */
export function storesTable(times: readonly StoreTimes[]): string {
  const cell = ({ p50, p95 }: Quantiles) => `${p50.toFixed(1)}, ${p95.toFixed(1)}`;
  return table(
    ["sessions in", "a read that asks the store: p50, p95 in ms", "a change: p50, p95 in ms"],
    times.map(({ store, reads, changes }) => [store, cell(reads), cell(changes)]),
  );
}
