/** @needs redis-server */
import { afterAll, expect, it } from "vitest";
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import { connectToRedis, readRedisAddress } from "../../../src/redis/tcp-client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { asProxyFor, plainRequest } from "../../support/node/plain-request.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";
import { testKeys } from "../../support/node/test-keys.ts";

const [redis, origin, keys] = await Promise.all([startRedisBySocket(), startLocalOrigin("a"), testKeys()]);
const running: RunningServe[] = [];
const address = readRedisAddress(redis.url);
if (!address) throw new Error("the Redis has no address");
const connection = connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });
afterAll(async () => {
  connection.end();
  await Promise.all(running.map((serve) => serve.stop()));
  await Promise.all([origin.stop(), redis.stop()]);
});
origin.answers((request, response) => {
  if (request.url === "/change") response.setHeader("Moor-Patch", '{"basket":"tea"}');
  response.end("answered");
});

async function start(...flags: string[]): Promise<RunningServe> {
  const config = { pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }] };
  const serve = await startServe({ config, keys, variables: { MOOR_REDIS_URL: redis.url }, flags });
  running.push(serve);
  return serve;
}
const found = async ({ port }: RunningServe, client: string) =>
  (await plainRequest({ port, target: "/change", headers: asProxyFor(client) })).status;

it("limits the new sessions of the whole site, at all processes together", async () => {
  const both = [await start("--new-sessions-per-minute", "32"), await start("--new-sessions-per-minute", "32")];
  const statuses: number[] = [];
  for (let n = 0; n < 120; n++) statuses.push(await found(both[n % 2] as RunningServe, `192.0.2.${n}`));
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(64);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(16);
  expect(statuses).toContain(429);
});

it("limits the new sessions of one address at all processes together, whatever the client says of its address", async () => {
  const both = [await start(), await start()];
  let isRefused = false;
  // The limit is 600 a minute. A minute may end under way, so that two limits pass.
  for (let asked = 0; asked < 1_260 && !isRefused; asked += 21) {
    const some = Array.from({ length: 20 }, (_, n) =>
      found(both[n % 2] as RunningServe, `${asked}.6.6.${n}, 198.51.100.1`),
    );
    await Promise.all(some);
    // Requests at once may also be refused because they wait for each other. This request is alone.
    isRefused = (await found(both[1] as RunningServe, "198.51.100.1")) === 429;
  }
  expect(isRefused).toBe(true);
  expect(await found(both[0] as RunningServe, "198.51.100.2")).toBe(200);
});

it("has the work of the cron trigger done by one of several processes", async () => {
  // The processes of the tests before ask for the lease as well, each minute.
  await Promise.all(running.splice(0).map((serve) => serve.stop()));
  const first = await start();
  await found(first, "203.0.113.77");
  // Its own first run of the cron trigger may still be under way, and take the lease after this.
  await first.stop();
  // Every session is due now, and nobody has the lease.
  for (const key of (await connection.run(["KEYS", "moor:*"])) as string[]) {
    if (key.includes("cron:lease")) await connection.run(["DEL", key]);
    if (!key.endsWith(":alarms")) continue;
    for (const name of (await connection.run(["ZRANGE", key, "0", "-1"])) as string[])
      await connection.run(["ZADD", key, "1", name]);
  }
  const others = await Promise.all([start(), start(), start()]);
  const swept = () => others.filter(({ logged }) => logged.some(({ event }) => event === "sweep"));
  await expect.poll(() => swept().length).toBe(1);
  await Promise.all(others.map((serve) => serve.stop()));
  expect(swept().length).toBe(1);
});
