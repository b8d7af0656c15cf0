import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import type { MoorConfig } from "../../src/config/types.ts";
import { SETTLE_MS } from "../../src/session/freshness.ts";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { moveTo } from "../http/cpus.ts";
import { measure, type Rounds } from "../http/rounds.ts";
import { messageOf, startScript } from "../http/script.ts";
import { quantile, type Spread, spread } from "../http/statistics.ts";
import { requestText } from "../http/visitors.ts";
import { startMoor } from "../http/workerd.ts";
import { startThree } from "../rivals/contestants.ts";
import { crowdOf } from "../rivals/crowd.ts";
import { startNginxIpHash } from "../rivals/proxies.ts";
import { type SharedRedis, startSharedRedis } from "../rivals/redis.ts";
import type { FarOrder } from "./far.ts";

/** The contestants, each with a description. */
export const CONTESTANTS = {
  nginx: "nginx `ip_hash`, connect-redis",
  moor: "Moor",
  moorStrict: "Moor, each read asks the session's object",
} as const;

export type ContestantName = keyof typeof CONTESTANTS;

/** The measurements of `npm run bench -- distance`. */
export interface DistanceResults {
  readonly rate: number;
  readonly distances: readonly Distance[];
}

/** Reads while Redis is so far away. */
export interface Distance {
  /** The median time of a PING, in milliseconds. */
  readonly redisMs: number;
  readonly reads: Readonly<Record<ContestantName, { readonly p50Ms: Spread; readonly p99Ms: Spread }>>;
}

interface Plan extends Rounds {
  readonly rate: number;
  readonly visitors: number;
  /** How long a request to Redis takes to arrive, in milliseconds. */
  readonly distances: readonly number[];
}

const DISTANCES = [0, 1, 2, 5, 10, 20];
const PLANS = {
  /** Enough to see that it works. */
  tiny: {
    rounds: 1,
    mostSeconds: 1,
    connections: 8,
    warmMs: 50,
    measureMs: 500,
    rate: 20,
    visitors: 4,
    distances: [0, 20],
  },
  quick: {
    rounds: 3,
    mostSeconds: 20,
    connections: 64,
    warmMs: 200,
    measureMs: 1_000,
    rate: 50,
    visitors: 60,
    distances: DISTANCES,
  },
  full: {
    rounds: 10,
    mostSeconds: 90,
    connections: 64,
    warmMs: 300,
    measureMs: 2_000,
    rate: 100,
    visitors: 100,
    distances: DISTANCES,
  },
} satisfies Record<string, Plan>;
const PINGS = 100;

type Say = (line: string) => void;

/** Measures reads at a fixed rate while Redis is at several distances, the contestants in turn at each distance. */
export async function measureDistance(how: keyof typeof PLANS, say: Say): Promise<DistanceResults> {
  await using running = new AsyncDisposableStack();
  moveTo("workers");
  const folder = await mkdtemp(join(tmpdir(), "moor-distance-"));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  say("building");
  const files = { worker: await buildMoor(folder), platform: await buildScript(PLATFORM, folder) };
  const redis = await startSharedRedis();
  running.defer(redis.stop);
  const load = startScript("load.ts");
  running.defer(() => void load.kill());
  const distances: Distance[] = [];
  const plan = PLANS[how];
  for (const ms of plan.distances) {
    say(`reads while Redis is ${ms} ms away`);
    distances.push(await measureAt({ ms, files, redis, folder, load, plan }));
  }
  return { rate: plan.rate, distances };
}

interface At {
  readonly ms: number;
  readonly files: { readonly worker: string; readonly platform: string };
  readonly redis: SharedRedis;
  readonly folder: string;
  readonly load: ChildProcess;
  readonly plan: Plan;
}

async function measureAt({ ms, files, redis, folder, load, plan }: At): Promise<Distance> {
  await using running = new AsyncDisposableStack();
  const far = async (order: FarOrder): Promise<number> => {
    const script = startScript("../distance/far.ts");
    running.defer(() => void script.kill());
    script.send(order);
    return (await messageOf<{ port: number }>(script)).port;
  };
  const socket = join(folder, `redis-${ms}.sock`);
  await far({ to: { path: redis.socket }, at: socket, ms });
  const rest = new URL(redis.rest.url);
  rest.port = String(await far({ to: { host: rest.hostname, port: Number(rest.port) }, ms }));
  const withRedis = await startThree(running, "with-redis.ts", socket);
  const proxy = await startNginxIpHash(withRedis.map(({ url }) => url));
  running.defer(proxy.stop);
  const moor = async (freshness: "bounded" | "strict"): Promise<number> => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const config = configOf(ports, freshness);
    const site = await startMoor(files, config, { redis: { url: rest.href, token: redis.rest.token } });
    running.defer(site.stop);
    await startThree(running, "with-moor.ts", `http://127.0.0.1:${site.port}`, ports);
    return site.port;
  };
  const ports = { nginx: proxy.port, moor: await moor("bounded"), moorStrict: await moor("strict") };
  const contestants = [];
  for (const [name, port] of Object.entries(ports)) {
    const crowd = await crowdOf({ name: name as ContestantName, port }, plan.visitors);
    for (const visitor of crowd) visitor.close();
    const requests = crowd.map(({ cookie, address }) => requestText("/", { cookie, address }));
    contestants.push({ name, port, pid: NO_PROCESS, requests });
  }
  // No copy in Moor's memory may answer for a token that has just been signed.
  await sleep(SETTLE_MS + 500);
  const seen = await measure(load, contestants, plan);
  const quantileOf = (name: string, share: number) =>
    spread(
      (seen.get(name) ?? []).map(({ latenciesMs }) =>
        quantile(
          [...latenciesMs].sort((one, other) => one - other),
          share,
        ),
      ),
    );
  const reads = (name: ContestantName) => ({ p50Ms: quantileOf(name, 0.5), p99Ms: quantileOf(name, 0.99) });
  return {
    redisMs: await pingMs(socket),
    reads: { nginx: reads("nginx"), moor: reads("moor"), moorStrict: reads("moorStrict") },
  };
}

/** The CPU of contestants that are many processes is not counted. */
const NO_PROCESS = 0;

async function pingMs(socket: string): Promise<number> {
  const client = await createClient({ socket: { path: socket, tls: false } }).connect();
  try {
    const times: number[] = [];
    for (let sent = 0; sent < PINGS; sent++) {
      const begunAt = performance.now();
      await client.ping();
      times.push(performance.now() - begunAt);
    }
    return spread(times).median;
  } finally {
    client.destroy();
  }
}

function configOf(ports: readonly number[], freshness: "bounded" | "strict"): MoorConfig {
  return {
    pools: [
      { id: "shop", origins: ports.map((port, index) => ({ id: `o${index}`, url: `http://127.0.0.1:${port}` })) },
    ],
    routes: [{ path: "/*", pool: "shop", freshness }],
  };
}
