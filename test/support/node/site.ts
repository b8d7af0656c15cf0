import type { MoorConfig, PoolConfig } from "../../../src/config/types.ts";
import { Client } from "./client.ts";
import { type RunningMoor, startMoor } from "./workerd.ts";
import type { RedisAccess } from "./workerd-config.ts";

/** Moor before origins, with the clients that visit it. */
export interface Site {
  readonly moor: RunningMoor;
  /** A client with no cookies; or with these, as a thief or another tab of the browser would have them. */
  client(cookies?: Iterable<[string, string]>): Client;
  /** The logged lines that hold what none may hold: a key, a token or proof of any of the clients, one of `values`. */
  indiscretions(...values: string[]): string[];
  stop(): Promise<void>;
}

export interface SiteOptions extends Omit<Partial<MoorConfig>, "pools"> {
  /** Of the pool `shop`, which is the only one. */
  readonly pool?: Omit<Partial<PoolConfig>, "id" | "origins">;
  /** In place of that pool. */
  readonly pools?: PoolConfig[];
  /** Default: none, the Redis tier is off. */
  readonly redis?: RedisAccess;
}

/** An origin that a site may have. */
export interface SiteOrigin {
  readonly name: string;
  readonly url: string;
}

/** Starts Moor before origins that run already, all of one pool unless `options.pools` says otherwise. */
export async function startSite(origins: readonly SiteOrigin[], options: SiteOptions = {}): Promise<Site> {
  const { redis, pool, pools = [{ id: "shop", origins: origins.map(originConfig), ...pool }], ...config } = options;
  const moor = await startMoor({ ...config, pools }, redis && { redis });
  const clients: Client[] = [];
  return {
    moor,
    client(cookies) {
      const client = new Client(moor.port, cookies);
      clients.push(client);
      return client;
    },
    indiscretions(...values) {
      const keys = Object.values(moor.keys).map((ring) => ring.slice(ring.indexOf(":") + 1));
      const held = clients.flatMap((client) => [...client.held]);
      const secrets = [...keys, ...held, ...values, ...(redis ? [redis.token] : [])];
      return moor.logged.filter((line) => secrets.some((secret) => line.includes(secret)));
    },
    async stop() {
      for (const client of clients) client.close();
      await moor.stop();
    },
  };
}

/** An origin as a pool lists it. */
export function originConfig({ name, url }: SiteOrigin): PoolConfig["origins"][number] {
  return { id: name, url };
}
