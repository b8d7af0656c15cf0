/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import { type Crowd, createCrowd } from "../../support/node/crowd.ts";
import type { SiteOptions } from "../../support/node/site.ts";
import { type Stores, startStores } from "../../support/node/stores.ts";

const configurations: Record<string, SiteOptions> = {
  "backup sync, strict": { stores: { backup: "sync", strictBackup: true } },
  "backup sync": { stores: { backup: "sync" } },
  "backup async": { stores: { backup: "async" } },
  "backup off": { stores: { backup: "off" } },
  "no Redis": { redis: undefined },
};
/** The least number of acknowledged changes between two kills. */
const CHANGES = 20;
const atEnd: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(atEnd.map((stop) => stop())));

/** Starts a site, and a crowd that writes until its work has gone on for a while after the last of `kills`. */
async function withKills(options: SiteOptions, kills: (stores: Stores) => (() => Promise<void>)[]): Promise<Crowd> {
  const stores = await startStores(options);
  atEnd.push(stores.stop);
  const crowd = createCrowd(stores);
  await crowd.join();
  for (const kill of kills(stores)) {
    await crowd.progress(CHANGES);
    await crowd.leaveDuring(kill);
  }
  await crowd.progress(CHANGES);
  await crowd.stop();
  return crowd;
}

describe("processes killed in the middle of writes, and started again on the same storage,", () => {
  it.each(Object.entries(configurations))(
    "lose no acknowledged change, apply each once and bring no ended session back (%s)",
    async (_name, options) => {
      const crowd = await withKills(options, ({ site: { moor }, redis }) => [
        () => moor.crashAndRestart(),
        () => redis.restart(),
        () => moor.crashAndRestart(redis.restart),
        () => moor.crashAndRestart(),
      ]);
      expect(await crowd.judge()).toEqual([]);
    },
  );
});
