/** @needs redis-server */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { run, startRedis } from "../bin/local-redis/rest.ts";
import type { Client } from "../support/node/client.ts";
import { startOrigin } from "../support/node/origins.ts";
import { startSite, withoutEvents } from "../support/node/site.ts";

const origin = await startOrigin("a");
const redis = await startRedis();
const site = await startSite([origin], { redis });
const siteWithoutRedis = await startSite([origin]);
afterAll(async () => {
  await Promise.all([site.stop(), siteWithoutRedis.stop(), redis.stop()]);
  await origin.kill();
});

const inEurope = { "CF-Blob": JSON.stringify({ colo: "FRA", continent: "EU", longitude: "8" }) };
const inAsia = { "CF-Blob": JSON.stringify({ colo: "NRT", continent: "AS", longitude: "139" }) };

async function sidOf(client: Client): Promise<string> {
  return (await client.ask("/")).told.session.sid ?? "";
}

describe("the stores of a Moor that tests run", () => {
  it("include KV, whose replicas are sealed and outlive a crash", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { headers: inEurope });
    const key = `s/${await sidOf(client)}`;
    expect(await site.moor.valueInKv(key)).toBe(undefined);
    await client.ask("/", { headers: inAsia });
    await expect.poll(() => site.moor.valueInKv(key)).toMatch(/^1 [\w-]+$/);
    const replica = await site.moor.valueInKv(key);
    await site.moor.crashAndRestart();
    expect(await site.moor.valueInKv(key)).toBe(replica);
  });

  it("are Redis, if it is given", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples");
    const backup = `moor:{${await sidOf(client)}}:r`;
    await expect.poll(() => run(redis, "EXISTS", backup)).toBe(1);
    await siteWithoutRedis.client().ask("/?set=basket:apples");
    expect(withoutEvents(siteWithoutRedis.moor.logged)).toEqual([]);
  });
});

describe("the cron trigger of a Moor that tests run", () => {
  it("runs the scheduled handler to its end when it is asked", async () => {
    await site.moor.runScheduled();
    expect(withoutEvents(site.moor.logged)).toEqual([]);
    await redis.kill();
    await site.moor.runScheduled();
    await expect.poll(() => site.moor.logged.join("\n")).toContain("sweep_failed");
    await redis.restart();
  });
});

it("keeps keys, tokens and attributes out of the log", () => {
  expect(site.indiscretions("apples")).toEqual([]);
});
