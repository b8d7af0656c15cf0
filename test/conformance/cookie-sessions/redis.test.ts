/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import { inCookies } from "../../support/node/cookie-sessions.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const redis = await startRedis();
const origin = await startOrigin("a");
const site = await startSite([origin], { ...inCookies("redis"), redis, isolates: 3 });
afterAll(async () => {
  await Promise.all([site.stop(), redis.stop()]);
  await origin.kill();
});
const [, second, third] = site.moor.ports;

describe("ends of sessions in cookies, in Redis", () => {
  it("are known to every isolate, and expire", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    const before = [...client.cookies];
    const { sid } = (await client.ask("/")).told.session;
    const logout = { method: "POST", headers: { Origin: "https://shop.test" } };
    expect((await client.ask("/.moor/logout", logout)).status).toBe(204);
    const killed = site.client(before);
    expect((await killed.ask("/", { port: second })).told.session).toMatchObject({ new: true });
    expect(await run(redis, "EXISTS", `moor:x:${sid}`)).toBe(1);
    expect(Number(await run(redis, "TTL", `moor:x:${sid}`))).toBeGreaterThan(43_200);
  });

  it("make a session unavailable, and not ended, while Redis does not answer", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    await redis.stop();
    const answer = await client.ask("/", { port: third });
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    expect(client.states).toHaveLength(1);
  });
});
