/** @needs postgresql redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { startRedis } from "../../bin/local-redis/rest.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { type SiteOptions, startSite } from "../../support/node/site.ts";
import { startWriter, type Writer } from "../../support/node/writers.ts";

/** A store of rows that can be killed, and the settings of a site whose sessions are there. */
interface Crashing {
  readonly options: SiteOptions;
  restart(): Promise<void>;
  stop(): Promise<unknown>;
}

const STORES: Readonly<Record<string, () => Promise<Crashing>>> = {
  async postgres() {
    const server = await startPostgres();
    const options = { stores: { authority: { type: "postgres" } }, texts: { MOOR_POSTGRES: server.url } } as const;
    return { options, restart: server.restart, stop: server.stop };
  },
  async redis() {
    const redis = await startRedis({ survivesKill: true });
    return { options: { stores: { authority: { type: "redis" } }, redis }, restart: redis.restart, stop: redis.stop };
  },
};
const VISITORS = 3;
const KILLS = 4;
/** The least number of acknowledged changes before a kill. */
const CHANGES = 25;

const atEnd: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(atEnd.map((stop) => stop())));

describe("a store of rows that is killed in the middle of writes, and started again on the same data,", () => {
  it.each(Object.entries(STORES))(
    "loses no acknowledged change, and each change is applied once (%s)",
    async (_name, start) => {
      const store = await start();
      const origin = await startOrigin("a");
      const site = await startSite([origin], {
        ...store.options,
        handoff: { dataBytes: 16_384 },
        routes: [{ path: "/*", pool: "shop", onStale: "refuse" }],
      });
      atEnd.push(site.stop, store.stop, origin.kill);

      async function join(): Promise<{ client: Client; writer: Writer }> {
        const client = site.client();
        await client.ask("/");
        await expect.poll(async () => (await client.ask("/?set=basket:tea", { method: "POST" })).status).toBe(200);
        return { client, writer: startWriter(client, "/") };
      }

      const visitors: Awaited<ReturnType<typeof join>>[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const joined = await Promise.all(Array.from({ length: VISITORS }, join));
        const acknowledged = () => joined.reduce((sum, { writer }) => sum + writer.acknowledged.size, 0);
        await expect.poll(acknowledged).toBeGreaterThanOrEqual(CHANGES);
        await store.restart();
        await Promise.all(joined.map(({ writer }) => writer.stop()));
        visitors.push(...joined);
      }
      for (const { client, writer } of visitors) {
        await expect.poll(async () => (await client.ask("/")).status).toBe(200);
        expect(writer.judge((await client.ask("/")).told.session)).toEqual([]);
      }
      expect(site.moor.logged.filter((line) => /authority_(set_back|lost)/.test(line))).toEqual([]);
    },
  );
});
