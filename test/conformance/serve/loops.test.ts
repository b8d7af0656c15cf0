/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { asProxyFor, plainRequest } from "../../support/node/plain-request.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { testKeys } from "../../support/node/test-keys.ts";

const [redis, origin] = await Promise.all([startRedisBySocket(), startLocalOrigin("a")]);
const variables = { MOOR_REDIS_URL: redis.url };
const stops: (() => Promise<unknown>)[] = [() => redis.stop(), () => origin.stop()];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** A proxy that passes on each header, as a port that leads elsewhere. */
async function startProxy() {
  const link = await startTcpLink(origin.port);
  stops.push(() => link.stop());
  return { link, url: `http://127.0.0.1:${link.port}` };
}
async function startSite(url: string, keys = testKeys()): Promise<RunningServe> {
  const config = { pools: [{ id: "shop", origins: [{ id: "circle", url }] }] };
  const serve = await startServe({ config, variables, keys: await keys });
  stops.push(() => serve.stop());
  return serve;
}
const ask = ({ port }: RunningServe) => plainRequest({ port, headers: asProxyFor("203.0.113.9") });
const looped = ({ logged }: RunningServe) => logged.filter(({ event }) => event === "loop_detected");

describe("an origin whose address leads back to the site", () => {
  it("is noticed when the request comes back for the first time: the visitor gets 508, and the log names the origin", async () => {
    const { link, url } = await startProxy();
    const serve = await startSite(url);
    link.leadTo(serve.port);
    expect(await ask(serve)).toMatchObject({ status: 508, headers: { "content-type": "application/problem+json" } });
    await expect.poll(() => looped(serve)).toMatchObject([{ pool: "shop", origin: "circle" }]);
    // Nothing went round: the request was sent to the origin once.
    expect(link.sent().match(/^GET /gm)).toHaveLength(1);
  });

  it("is noticed by another process of the site", async () => {
    const keys = testKeys();
    const { link, url } = await startProxy();
    const [first, second] = [await startSite(url, keys), await startSite(url, keys)];
    link.leadTo(second.port);
    expect((await ask(first)).status).toBe(508);
    await expect.poll(() => looped(second)).toMatchObject([{ pool: "shop", origin: "circle" }]);
  });

  it("is noticed through another site", async () => {
    const { link, url } = await startProxy();
    const first = await startSite(url);
    const back = await startProxy();
    const second = await startSite(back.url);
    link.leadTo(second.port);
    back.link.leadTo(first.port);
    expect((await ask(first)).status).toBe(508);
    await expect.poll(() => looped(first)).toHaveLength(1);
    expect(looped(second)).toEqual([]);
  });
});

it("serves visitors through a chain of sites that has an end", async () => {
  const last = await startSite(origin.url);
  const { link, url } = await startProxy();
  link.leadTo(last.port);
  expect(await ask(await startSite(url))).toMatchObject({ status: 200, text: "a" });
});
