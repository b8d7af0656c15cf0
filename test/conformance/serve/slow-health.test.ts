/** @needs haproxy openssl */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { request } from "node:https";
import { afterAll, expect, it } from "vitest";
import { freePort } from "../../support/node/ports.ts";
import { startHaproxy } from "./proxies.ts";

/** Longer than the interval of checks in the guide's HAProxy, and shorter than the time that it gives a check. */
const SLOW_MS = 1_000;
/** Addresses of this machine that no other test uses, because the port of health is fixed. */
const machines = ["127.0.41.1", "127.0.41.2", "127.0.41.3"];

let checks = 0;
const site: RequestListener = (_, response) => response.end("page");
const slowHealth: RequestListener = (_, response) => {
  setTimeout(() => {
    checks += 1;
    response.end("ready");
  }, SLOW_MS);
};
const machinePort = await freePort();
const servers: Server[] = [];
for (const address of machines) {
  for (const [port, listener] of [
    [machinePort, site],
    [18_080, slowHealth],
  ] as const) {
    const server = createServer(listener).listen(port, address);
    await once(server, "listening");
    servers.push(server);
  }
}
const port = await freePort();
const haproxy = await startHaproxy({ address: "127.0.0.1", port, machines, machinePort });
afterAll(async () => {
  await haproxy.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function statusOfPage(): Promise<number | undefined> {
  const asked = request({ host: "127.0.0.1", port, servername: "shop.test", rejectUnauthorized: false, agent: false });
  const [answer] = await once(asked.end(), "response");
  answer.resume();
  return answer.statusCode;
}

it("serves visitors although each process takes a second to say that it is ready, as in a flood", async () => {
  // Two checks in a row decide. Each of the three processes is asked by two backends.
  await expect.poll(() => checks).toBeGreaterThanOrEqual(3 * 2 * 3);
  expect(await statusOfPage()).toBe(200);
});
