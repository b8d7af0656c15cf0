/** @needs redis-server */
/** @any-fallback */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CHANGE_LIFE_SECONDS } from "../../../src/session/change.ts";
import { run } from "../../bin/local-redis/rest.ts";
import { createCrowd } from "../../support/node/crowd.ts";
import type { SiteOptions } from "../../support/node/site.ts";
import { type Stores, startStores } from "../../support/node/stores.ts";

const configurations: Record<string, SiteOptions> = {
  "backup sync, strict": { stores: { backup: "sync", strictBackup: true } },
  "backup sync": { stores: { backup: "sync" } },
  "backup async": { stores: { backup: "async" } },
  "backup off": { stores: { backup: "off" } },
};
/** The least number of acknowledged changes between two kills. */
const CHANGES = 20;
const atEnd: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(atEnd.map((stop) => stop())));

async function start(options: SiteOptions & { lasting?: boolean }) {
  const stores = await startStores(options);
  atEnd.push(stores.stop);
  return stores;
}

/** Sweeps until no journal is left. */
async function sweepAll({ site, redis }: Stores): Promise<void> {
  const left = async () => {
    await site.moor.runScheduled();
    return run(redis, "KEYS", "moor:*:j");
  };
  await expect.poll(left, { interval: 100 }).toEqual([]);
}

describe("processes killed while the journal holds changes that were acknowledged", () => {
  it.each(Object.entries(configurations))(
    "lose no change, apply each change once and bring no ended session back (%s)",
    async (_name, options) => {
      const stores = await start(options);
      const { redis } = stores;
      const { moor } = stores.site;
      const crowd = createCrowd(stores);
      const outage = () => moor.objects.meet({ kind: "down" });

      // In the middle of an outage: Redis.
      await crowd.join(outage);
      await crowd.progress(CHANGES);
      await redis.restart();
      await crowd.progress(CHANGES);
      // In the middle of the take-over: workerd. When it is back, so are the objects.
      await moor.objects.meet(undefined);
      await crowd.leaveDuring(() => moor.crashAndRestart());
      await crowd.progress(CHANGES);
      // Both at once, in the middle of an outage.
      await crowd.join(outage);
      await crowd.progress(CHANGES);
      await crowd.leaveDuring(() => moor.crashAndRestart(redis.restart));
      await crowd.progress(CHANGES);

      await crowd.stop();
      await sweepAll(stores);
      expect(await crowd.judge()).toEqual([]);
      expect(crowd.journaled()).toBeGreaterThanOrEqual(CHANGES);
    },
  );
});

describe("a Redis that keeps nothing, killed while its journal holds changes", () => {
  it("loses those changes, and nothing that the objects have", async () => {
    const stores = await start({ stores: { backup: "sync" }, lasting: false });
    const client = await stores.shopper();
    const session = async () => (await client.ask("/strict/")).told.session;
    await stores.withoutObjects(async () => {
      expect((await client.ask("/?set=coupon:10", { method: "POST" })).status).toBe(200);
      await stores.redis.restart();
    });
    expect(await session()).toMatchObject({ ver: 1, data: { basket: "tea" } });
    expect((await session()).data).toEqual({ basket: "tea" });
  });
});

/** Copies the disk of a Redis as it is now. The returned function kills the Redis and starts it again on that copy. */
async function saved({ redis }: Stores): Promise<() => Promise<void>> {
  const [, folder] = (await run(redis, "CONFIG", "GET", "dir")) as [string, string];
  const copy = await mkdtemp(join(tmpdir(), "moor-redis-"));
  atEnd.push(() => rm(copy, { recursive: true }));
  // Redis makes its socket anew, and a socket cannot be copied.
  await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  return async () => {
    await redis.kill();
    await rm(folder, { recursive: true });
    await cp(copy, folder, { recursive: true });
    await redis.restart();
  };
}

describe("a Redis that is killed and comes back with its data from before a take-over", () => {
  it("has no change applied again, though the change has long expired", async () => {
    const stores = await start({ stores: { backup: "sync" } });
    const client = await stores.shopper();
    const change = async (name: string, value: string | number) =>
      expect((await client.ask(`/?set=${name}:${value}`, { method: "POST" })).status).toBe(200);
    await stores.withoutObjects(() => change("basket", "rum"));
    const expiredAt = Date.now() + CHANGE_LIFE_SECONDS * 1000 + 2_000;
    const comeBack = await saved(stores);

    await change("basket", "mug");
    const { ver, data } = (await client.ask("/strict/")).told.session ?? {};
    expect({ ver, data }).toMatchObject({ ver: 3, data: { basket: "mug" } });
    // Each change forgets the ids that are no longer needed.
    const changedOn = async () => {
      await change("look", Date.now());
      return Date.now();
    };
    await expect.poll(changedOn, { interval: 1_000 }).toBeGreaterThan(expiredAt);
    await comeBack();
    await sweepAll(stores);
    expect((await client.ask("/strict/")).told.session).toMatchObject({ data: { basket: "mug" } });
  });
});
