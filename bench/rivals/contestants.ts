import { fileURLToPath } from "node:url";
import type { MoorConfig } from "../../src/config/types.ts";
import { type RunningOrigin, startOrigin } from "../../test/support/node/origins.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { startMoor } from "../http/workerd.ts";
import { type Link, linkAt, startHono } from "./edge.ts";
import { type RunningProxy, startHaproxyCookie, startNginxIpHash } from "./proxies.ts";
import type { SharedRedis } from "./redis.ts";

/** The measured contestants, each with a description. */
export const RIVALS = {
  nginx: "nginx `ip_hash`, connect-redis",
  haproxy: "HAProxy cookie, connect-redis",
  honoKv: "hono, @hono/session on KV",
  honoObjects: "hono, @hono/session on Durable Objects",
  honoMoor: "hono, moor/hono on Durable Objects",
  honoLimit: "hono, a session that costs nothing: the limit",
  honoRules: "the same, with the token kept from handlers and pages from shared caches",
  moor: "Moor",
  moorOff: "Moor without backup",
  moorSync: "Moor with sync backup",
} as const;

export type RivalName = keyof typeof RIVALS;

/** A store that can be taken from a contestant. */
export interface Store {
  readonly name: "Redis" | "KV" | "objects";
  take(): Promise<void>;
  giveBack(): Promise<void>;
}

type Backup = "async" | "sync" | "off";

/** A contestant that runs. */
export interface Rival {
  readonly name: RivalName;
  readonly port: number;
  /** Three, which it may share with another. */
  readonly origins: readonly RunningOrigin[];
  readonly stores: readonly Store[];
  /** Whether it keeps sessions. Of a contestant without sessions, only the speed is measured. */
  readonly keepsSessions: boolean;
  /** Calls to its stores so far, by name. */
  operations(): Promise<Readonly<Record<string, number>>>;
}

/** The built Workers, a file each. */
export interface Built {
  readonly moor: string;
  readonly hono: string;
  readonly honoMoor: string;
  readonly honoLimit: string;
  readonly honoRules: string;
  readonly platform: string;
}

/**
 * Starts all contestants.
 *
 * @param running ends them.
 */
export async function startRivals(
  built: Built,
  redis: SharedRedis,
  running: AsyncDisposableStack,
): Promise<readonly Rival[]> {
  const redisStore: Store = { name: "Redis", take: redis.kill, giveBack: redis.restart };
  const withRedis = await startThree(running, "with-redis.ts", redis.socket);
  const withEdge = await startThree(running, "with-edge.ts");
  const behindProxy = async (name: RivalName, start: (origins: readonly string[]) => Promise<RunningProxy>) => {
    const proxy = await start(withRedis.map(({ url }) => url));
    running.defer(proxy.stop);
    const { port } = proxy;
    return { name, port, origins: withRedis, stores: [redisStore], keepsSessions: true, operations: redis.calls };
  };
  const hono = async (
    name: RivalName,
    { sessions, worker: file = built.hono }: { readonly sessions: "KV" | "objects"; readonly worker?: string },
  ): Promise<Rival> => {
    const worker = await startHono({ worker: file, platform: built.platform }, sessions, withEdge);
    running.defer(worker.stop);
    const { port, link } = worker;
    const keepsSessions = file !== built.honoLimit && file !== built.honoRules;
    const stores = [storeBehind(sessions, link)];
    return { name, port, origins: withEdge, stores, keepsSessions, operations: link.calls };
  };
  const moor = async (name: RivalName, backup: Backup): Promise<Rival> => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const [files, linkPort] = [{ worker: built.moor, platform: built.platform }, await freePort()];
    const rest = backup === "off" ? undefined : redis.rest;
    const site = await startMoor(files, moorConfig(ports, backup), { redis: rest, linkPort });
    running.defer(site.stop);
    const origins = await startThree(running, "with-moor.ts", `http://127.0.0.1:${site.port}`, ports);
    const link = linkAt(linkPort);
    const operations = async () => ({ ...(await link.calls()), ...(rest && (await redis.calls())) });
    const stores = [...(rest ? [redisStore] : []), storeBehind("objects", link)];
    return { name, port: site.port, origins, stores, keepsSessions: true, operations };
  };
  return [
    await behindProxy("nginx", startNginxIpHash),
    await behindProxy("haproxy", startHaproxyCookie),
    await hono("honoKv", { sessions: "KV" }),
    await hono("honoObjects", { sessions: "objects" }),
    await hono("honoMoor", { sessions: "objects", worker: built.honoMoor }),
    await hono("honoLimit", { sessions: "objects", worker: built.honoLimit }),
    await hono("honoRules", { sessions: "objects", worker: built.honoRules }),
    await moor("moor", "async"),
    await moor("moorOff", "off"),
    await moor("moorSync", "sync"),
  ];
}

function storeBehind(name: Store["name"], { setCut }: Link): Store {
  return { name, take: () => setCut(true), giveBack: () => setCut(false) };
}

/**
 * Starts three origins of the shop.
 *
 * @param script in `origins/`.
 * @param sessions where its sessions are. Default: with the proxy.
 */
export async function startThree(
  running: AsyncDisposableStack,
  script: string,
  sessions = "",
  ports: readonly number[] = [0, 0, 0],
): Promise<RunningOrigin[]> {
  const file = fileURLToPath(new URL(`origins/${script}`, import.meta.url));
  const start = async (port: number, index: number) => {
    const name = `o${index}`;
    const args = ["--name", name, "--sessions", sessions];
    const origin = await startOrigin(name, { script: file, port, args });
    running.defer(origin.kill);
    return origin;
  };
  return Promise.all(ports.map(start));
}

function moorConfig(ports: readonly number[], backup: Backup): MoorConfig {
  return {
    pools: [
      { id: "shop", origins: ports.map((port, index) => ({ id: `o${index}`, url: `http://127.0.0.1:${port}` })) },
    ],
    routes: [{ path: "/*", pool: "shop" }],
    stores: { backup },
  };
}
