import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { NamespaceFault } from "../../../emulation/objects-over-link.ts";
import type { RouteConfig } from "../../../src/config/types.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import type { Answer, Client } from "./client.ts";
import { startOrigin } from "./origins.ts";
import { type Site, type SiteOptions, startSite } from "./site.ts";

/** A site whose stores can be taken away. */
export interface Stores {
  readonly site: Site;
  readonly redis: LocalRedis;
  /**
   * Runs `work` while calls of the sessions' objects meet a fault. Default: they are down. Resolves when Moor asks them
   * again.
   */
  withoutObjects<T>(work: () => Promise<T>, fault?: NamespaceFault): Promise<T>;
  /** Runs `work` while Redis is dead. */
  withoutRedis<T>(work: () => Promise<T>): Promise<T>;
  /** A client whose session has the attribute `basket`, and whose token has come back once. */
  shopper(basket?: string): Promise<Client>;
  /** How many entries the journal of a client's session holds. */
  journalLength(id: string): Promise<number>;
  /** The version of a session's backup. 0: there is no backup. */
  backedUpVersion(id: string): Promise<number>;
  /** The logged lines of an event, parsed. */
  logged(event: string): Record<string, unknown>[];
  stop(): Promise<void>;
}

const DOWN: NamespaceFault = { kind: "down" };
const ROUTES: RouteConfig[] = [
  { path: "/strict/*", pool: "shop", freshness: "strict" },
  { path: "/refuse/*", pool: "shop", onStale: "refuse" },
  { path: "/*", pool: "shop" },
];
/** A breaker that has opened several times tries its store every ten seconds. A busy machine takes longer. */
const WAIT_MS = 60_000;
const POLL_MS = 20;

/**
 * Starts a watched Moor that explains itself, an origin behind it, and a Redis that writes to disk before it answers.
 * Below `/strict/` Moor asks the sessions' objects every time. Below `/refuse/` it refuses a session that may be stale.
 *
 * @param options.lasting `false`: the Redis is empty after a kill. Default `true`.
 */
export async function startStores(options: SiteOptions & { readonly lasting?: boolean } = {}): Promise<Stores> {
  const { lasting = true, ...siteOptions } = options;
  const [origin, redis] = await Promise.all([startOrigin("a"), startRedis({ survivesKill: lasting })]);
  const own = { explain: true, watched: true, redis, routes: ROUTES, handoff: { dataBytes: 16_384 } };
  const site = await startSite([origin], { ...own, ...siteOptions });
  const { objects, logged } = site.moor;

  async function shopper(basket = "tea"): Promise<Client> {
    const client = site.client();
    await client.ask("/");
    await client.ask(`/?set=basket:${basket}`, { method: "POST" });
    await client.ask("/");
    return client;
  }
  const probe = await shopper();

  async function untilObjectsAnswer(): Promise<void> {
    const endsAt = Date.now() + WAIT_MS;
    while (!explained(await probe.ask("/strict/")).startsWith("session=object")) {
      if (Date.now() > endsAt) throw new Error("the objects are not asked");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  return {
    site,
    redis,
    async withoutObjects(work, fault = DOWN) {
      await objects.meet(fault);
      try {
        return await work();
      } finally {
        await objects.meet(undefined);
        await untilObjectsAnswer();
      }
    },
    async withoutRedis(work) {
      await redis.kill();
      try {
        return await work();
      } finally {
        await redis.restart();
      }
    },
    shopper,
    journalLength: async (id) => Number(await run(redis, "LLEN", `moor:{${id}}:j`)),
    backedUpVersion: async (id) => Number(await run(redis, "HGET", `moor:{${id}}:r`, "version")),
    logged: (event) =>
      logged
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async stop() {
      await site.stop();
      await Promise.all([redis.stop(), origin.kill()]);
    },
  };
}

/** The explanation in a response: `session=redis; version=1; …`. */
export function explained({ headers }: Answer): string {
  return /^moor;desc="(.*)"$/.exec(String(headers["server-timing"]))?.[1] ?? "";
}
