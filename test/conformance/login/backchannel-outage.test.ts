/** @needs redis-server */
import { afterAll, expect, it } from "vitest";
import { startRedis } from "../../bin/local-redis/rest.ts";
import { logIn, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const redis = await startRedis({ survivesKill: true });
const guarded = await startGuardedSite({ login: { backchannel: true }, principals: {}, redis });
const { site, stop } = guarded;
afterAll(async () => {
  await stop();
  await redis.stop();
});

async function logInAs(login: string) {
  const client = site.client();
  await logIn(client, "/orders/7", { login });
  return client;
}
const statusOf = async (client: ReturnType<typeof site.client>) =>
  (await client.ask("/orders/7", { headers: SCRIPT })).status;

it("while the index of the principal is away, a logout of the provider is answered 503, and told again it ends the session", async () => {
  const client = await logInAs("alice");
  await site.moor.objects.meet({ kind: "down" }, "endAll");
  const lost = await tellLogout(guarded, { sub: "alice" });
  await site.moor.objects.meet(undefined, "endAll");
  expect([lost.status, lost.headers["retry-after"]]).toEqual([503, "2"]);
  expect(await statusOf(client)).toBe(200);
  await expect.poll(async () => (await tellLogout(guarded, { sub: "alice" })).status).toBe(200);
  await expect.poll(() => statusOf(client), { timeout: 15_000 }).toBe(401);
});

it("while Redis is away, a logout of the provider is noted, and ends the session once Redis is back", async () => {
  const client = await logInAs("bob");
  await redis.kill();
  const noted = await tellLogout(guarded, { sub: "bob" });
  await redis.restart();
  expect(noted.status).toBe(200);
  await expect.poll(() => statusOf(client), { timeout: 60_000, interval: 200 }).toBe(401);
});
