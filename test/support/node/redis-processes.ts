import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import { connectToRedis } from "../../../src/redis/tcp-client.ts";
import { freePort } from "./ports.ts";

/** The password of each of these servers. */
export const REDIS_PASSWORD = "the-password-of-the-tests";
const WAIT = { timeout: 60_000, interval: 50 };

/** A `redis-server` on a port of loopback. */
export interface RedisProcess {
  readonly port: number;
  run(...command: string[]): Promise<unknown>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Stops it without ending it, so that it says nothing any more. */
  hang(): void;
  /** Lets it go on. */
  goOn(): void;
  stop(): Promise<void>;
}

/** Starts a `redis-server`, whose data are on disk before it answers. */
export async function startRedisProcess(
  settings: Readonly<Record<string, string>> = {},
  lines: readonly string[] = [],
): Promise<RedisProcess> {
  const port = settings.port === undefined ? await freePort() : Number(settings.port);
  const folder = await mkdtemp(join(tmpdir(), "moor-redis-process-"));
  const isSentinel = lines.length > 0;
  const own = isSentinel
    ? {}
    : { requirepass: REDIS_PASSWORD, masterauth: REDIS_PASSWORD, appendonly: "yes", appendfsync: "always", save: '""' };
  const given = { port: String(port), bind: "127.0.0.1", dir: folder, ...own, ...settings };
  const file = join(folder, "redis.conf");
  await writeFile(file, [...Object.entries(given).map(([name, value]) => `${name} ${value}`), ...lines].join("\n"));
  const server = spawn("redis-server", [file, ...(isSentinel ? ["--sentinel"] : [])], {
    stdio: "ignore",
    detached: true,
  });
  endWithThisProcess(server);
  const password = isSentinel ? undefined : REDIS_PASSWORD;
  const address = { hostname: "127.0.0.1", port, tls: false, username: undefined, password, database: 0 };

  async function run(...command: string[]): Promise<unknown> {
    const connection = connectToRedis({ address, open: openInNode, deadlineMs: 20_000 });
    try {
      return await connection.run(command);
    } finally {
      connection.end();
    }
  }
  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }
  await vi.waitFor(() => run("PING"), WAIT);
  return {
    port,
    run,
    kill,
    hang: () => void server.kill("SIGSTOP"),
    goOn: () => void server.kill("SIGCONT"),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A Redis Cluster of primaries alone. */
export interface RedisCluster {
  readonly nodes: readonly RedisProcess[];
  /** The node that has a slot now. */
  ownerOf(slot: number): Promise<RedisProcess>;
  /** Moves a slot with its keys, as `redis-cli --cluster reshard` does. */
  moveSlot(slot: number, to: RedisProcess): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** Starts a Redis Cluster of so many primaries, each with as many slots. */
export async function startRedisCluster(count: number): Promise<RedisCluster> {
  const settings = async () => ({ "cluster-enabled": "yes", "cluster-port": String(await freePort()) });
  const nodes = await Promise.all(Array.from({ length: count }, async () => startRedisProcess(await settings())));
  const idOf = async (node: RedisProcess) => String(await node.run("CLUSTER", "MYID"));
  const portOfBus = async (node: RedisProcess) =>
    String(((await node.run("CONFIG", "GET", "cluster-port")) as string[])[1]);
  const [first, ...others] = nodes as [RedisProcess, ...RedisProcess[]];
  for (const [index, node] of nodes.entries()) {
    const [from, next] = [index, index + 1].map((nth) => Math.floor((nth * SLOTS) / count)) as [number, number];
    await node.run("CLUSTER", "ADDSLOTSRANGE", String(from), String(next - 1));
  }
  for (const node of others) await first.run("CLUSTER", "MEET", "127.0.0.1", String(node.port), await portOfBus(node));
  const isUp = async (node: RedisProcess) => {
    const info = String(await node.run("CLUSTER", "INFO"));
    if (!info.includes("cluster_state:ok") || !info.includes(`cluster_size:${count}`)) throw new Error(info);
  };
  await vi.waitFor(() => Promise.all(nodes.map(isUp)), WAIT);

  async function ownerOf(slot: number): Promise<RedisProcess> {
    const ranges = (await first.run("CLUSTER", "SLOTS")) as [number, number, [string, number]][];
    const port = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
    const owner = nodes.find((node) => node.port === port);
    if (!owner) throw new Error(`no node has the slot ${slot}`);
    return owner;
  }

  return {
    nodes,
    ownerOf,
    async moveSlot(slot, to) {
      const from = await ownerOf(slot);
      const [source, target] = [await idOf(from), await idOf(to)];
      await to.run("CLUSTER", "SETSLOT", String(slot), "IMPORTING", source);
      await from.run("CLUSTER", "SETSLOT", String(slot), "MIGRATING", target);
      for (;;) {
        const keys = (await from.run("CLUSTER", "GETKEYSINSLOT", String(slot), "10")) as string[];
        if (keys.length === 0) break;
        const way = ["127.0.0.1", String(to.port), "", "0", "5000", "AUTH", REDIS_PASSWORD, "KEYS"];
        await from.run("MIGRATE", ...way, ...keys);
      }
      for (const node of [to, from, ...nodes.filter((one) => one !== to && one !== from)])
        await node.run("CLUSTER", "SETSLOT", String(slot), "NODE", target);
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** A primary, its replica, and three Sentinels that watch them. */
export interface WatchedRedis {
  readonly name: string;
  readonly primary: RedisProcess;
  readonly replica: RedisProcess;
  readonly sentinels: readonly RedisProcess[];
  stop(): Promise<void>;
}

/** Starts a primary with a replica, and three Sentinels that take it for dead after half a second. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const name = "shop";
  const primary = await startRedisProcess();
  const replica = await startRedisProcess({ replicaof: `127.0.0.1 ${primary.port}` });
  await vi.waitFor(async () => {
    if (!String(await replica.run("INFO", "replication")).includes("master_link_status:up")) throw new Error("down");
  }, WAIT);
  const lines = [
    `sentinel monitor ${name} 127.0.0.1 ${primary.port} 2`,
    `sentinel auth-pass ${name} ${REDIS_PASSWORD}`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedisProcess({}, lines)));
  await vi.waitFor(async () => {
    const said = await sentinels[0]?.run("SENTINEL", "CKQUORUM", name);
    const known = String(await sentinels[0]?.run("SENTINEL", "MASTER", name));
    if (!String(said).startsWith("OK 3") || !/num-slaves,1/.test(known)) throw new Error(String(said));
  }, WAIT);
  return {
    name,
    primary,
    replica,
    sentinels,
    async stop() {
      await Promise.all([primary, replica, ...sentinels].map((one) => one.stop()));
    },
  };
}
