import type { PoolConfig } from "../../../src/config/pool-types.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import { Client } from "./client.ts";
import { type MoorOptions, type RunningMoor, startMoor } from "./workerd.ts";

/** Moor before origins, with the clients that visit it. */
export interface Site {
  readonly moor: RunningMoor;
  /** A client without cookies, or with these cookies, as a thief or another tab of the browser would have them. */
  client(cookies?: Iterable<[string, string]>): Client;
  /** The logged lines that hold a secret: a key, a token or proof of any client, or one of `values`. */
  indiscretions(...values: string[]): string[];
  stop(): Promise<void>;
}

export interface SiteOptions extends Omit<Partial<MoorConfig>, "pools">, MoorOptions {
  /** Settings of the pool `shop`, which is the only pool. */
  readonly pool?: Omit<Partial<PoolConfig>, "id" | "origins">;
  /** In place of that pool. */
  readonly pools?: PoolConfig[];
}

/** An origin that a site may have. */
export interface SiteOrigin {
  readonly name: string;
  readonly url: string;
}

/** Starts Moor before origins that run already, all of one pool unless `options.pools` says otherwise. */
export async function startSite(origins: readonly SiteOrigin[], options: SiteOptions = {}): Promise<Site> {
  const { pool, pools, ...rest } = options;
  const {
    redis,
    texts,
    adminToken,
    role,
    watched,
    build,
    metrics,
    around,
    keys,
    broken,
    isolates,
    apart,
    hosts,
    ...config
  } = rest;
  const only = { id: "shop", origins: origins.map(originConfig), ...pool };
  // A Worker that answers by itself has no origins.
  const described = role === "middleware" || role === "example" ? config : { ...config, pools: pools ?? [only] };
  const moor = await startMoor(described, {
    redis,
    texts,
    adminToken,
    role,
    watched,
    build,
    metrics,
    around,
    isolates,
    apart,
    hosts,
    ...(keys && { keys }),
    ...(broken && { broken }),
  });
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
      // A short made-up value, such as the mark "1", is a part of almost any id.
      const held = clients.flatMap((client) => [...client.held]).filter((text) => text.length >= 8);
      const secrets = [
        ...keys,
        ...held,
        ...values,
        ...(redis ? [redis.token] : []),
        ...(adminToken ? [adminToken] : []),
      ];
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

/** Logged lines without the events of sessions and requests. */
export function withoutEvents(logged: readonly string[]): string[] {
  return logged.filter((line) => !/"event":"(session|request)"/.test(line));
}
