/** @needs redis-server nginx haproxy openssl */
import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { startServe } from "../../support/node/served.ts";
import { startHaproxy, startNginx } from "./proxies.ts";

const [redis, origin, port] = await Promise.all([startRedisBySocket(), startLocalOrigin("a"), freePort()]);
const serve = await startServe({
  config: { pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }] },
  variables: { MOOR_REDIS_URL: redis.url },
  flags: ["--host", "staff.shop.test"],
});
/** A host of the site that this nginx lets nobody reach. */
const RULE = `server { listen 127.0.0.1:${port} ssl; server_name staff.shop.test; return 403;
  ssl_certificate_key /etc/ssl/shop.key; ssl_certificate /etc/ssl/shop.pem; }`;
const machines = ["127.0.0.1", "127.0.0.1", "127.0.0.1"];
const before = { address: "127.0.0.1", machines, machinePort: serve.port };
const nginx = await startNginx({ ...before, port, more: RULE });
afterAll(async () => {
  await nginx.stop();
  await serve.stop();
  await Promise.all([origin.stop(), redis.stop()]);
});

const arrived: string[] = [];
origin.answers((request, response) => {
  arrived.push(`${request.headers["x-forwarded-host"]} ${request.headers.forwarded}`);
  if (request.url === "/long-head") response.setHeader("X-Long", "x".repeat(40_000));
  response.end("served");
});

/** Sends lines through nginx. Resolves to the status. */
const send = (...lines: string[]) => sendBy(port, ...lines);

async function sendBy(port: number, ...lines: string[]): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, servername: "shop.test" });
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  await once(socket, "close");
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

beforeEach(async () => {
  await vi.waitFor(async () => expect(await send("GET / HTTP/1.1", "Host: shop.test")).toBe(200), 10_000);
  arrived.length = 0;
});

it("keeps visitors from a host that nginx does not let them reach", async () => {
  expect(await send("GET / HTTP/1.1", "Host: staff.shop.test")).toBe(403);
  expect(arrived).toEqual([]);
});

it.each([
  ["the request line", "GET https://shop.test/ HTTP/1.1", ["Host: staff.shop.test"]],
  ["X-Forwarded-Host", "GET / HTTP/1.1", ["Host: shop.test", "X-Forwarded-Host: staff.shop.test"]],
  ["Forwarded", "GET / HTTP/1.1", ["Host: shop.test", "Forwarded: host=staff.shop.test"]],
])("is not led around its rules by %s", async (_, line, headers) => {
  expect(await send(line, ...headers)).toBe(200);
  expect(arrived).toEqual([expect.stringMatching(/^shop\.test for=127\.0\.0\.1;host="shop\.test";/)]);
});

it("is not led to another address of the client, or another scheme", async () => {
  const headers = ["X-Forwarded-For: 6.6.6.6", "X_Forwarded_For: 6.6.6.6", "X-Forwarded-Proto: http"];
  expect(await send("GET / HTTP/1.1", "Host: shop.test", ...headers)).toBe(200);
  expect(arrived).toEqual(['shop.test for=127.0.0.1;host="shop.test";proto=https']);
});

it("goes on to serve visitors while another visitor asks for pages that nginx cannot pass on", async () => {
  for (let page = 0; page < 2 * machines.length; page++)
    expect(await send("GET /long-head HTTP/1.1", "Host: shop.test")).toBe(502);
  for (let page = 0; page < machines.length; page++) expect(await send("GET / HTTP/1.1", "Host: shop.test")).toBe(200);
});

it("gets no CONNECT from nginx, nor from HAProxy", async () => {
  const haproxyPort = await freePort();
  const haproxy = await startHaproxy({ ...before, port: haproxyPort });
  try {
    for (const proxy of [port, haproxyPort]) {
      const hasStarted = async () =>
        expect(await sendBy(proxy, "GET / HTTP/1.1", "Host: shop.test")).toBeGreaterThan(0);
      await vi.waitFor(hasStarted, 10_000);
      expect([400, 405]).toContain(await sendBy(proxy, "CONNECT shop.test:443 HTTP/1.1", "Host: shop.test:443"));
    }
  } finally {
    await haproxy.stop();
  }
  expect(serve.logged.filter(({ event }) => event === "runtime")).toEqual([]);
});
