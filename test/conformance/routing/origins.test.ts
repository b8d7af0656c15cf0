/** @without-login */
/** @needs openssl */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";
import { startTlsOrigin } from "../../support/node/tls-origin.ts";

/** Says where a request came to, and for which host. */
const told = (name: string) => (request: IncomingMessage, response: ServerResponse) => {
  const { host, "x-forwarded-host": forwarded } = request.headers;
  response.end(JSON.stringify({ name, url: request.url, host, forwarded }));
};

const plain = await startLocalOrigin("plain");
plain.answers(told("plain"));
const service = await startLocalOrigin("service");
service.answers(told("service"));
const secure = await startTlsOrigin(told("secure"));
const closed = DEAD_PORT;

const page = "<!doctype html><title>Back soon</title>";
const site = await startSite([], {
  pools: [
    { id: "secure", origins: [{ id: "a", url: `${secure.url}/base/app/` }] },
    { id: "service", origins: [{ id: "a", url: "https://app.internal/base", service: "APP" }] },
    { id: "gone", origins: [{ id: "a", url: `http://127.0.0.1:${closed}` }] },
    { id: "plain", origins: [{ id: "a", url: plain.url }], attemptDeadlineMs: 30_000 },
  ],
  routes: [
    { host: "secure.test", path: "/*", pool: "secure" },
    { host: "service.test", path: "/*", pool: "service" },
    { host: "gone.test", path: "/*", pool: "gone" },
    { host: "slow.test", path: "/soon/*", pool: "plain", attemptDeadlineMs: 100 },
    { path: "/*", pool: "plain" },
  ],
  errorPage: page,
  around: { services: { APP: `127.0.0.1:${service.port}` }, certificate: secure.certificate },
});
afterAll(async () => {
  await site.stop();
  await Promise.all([plain.stop(), service.stop(), secure.stop()]);
});

const ask = (host: string, path: string, headers = {}) =>
  site.client().ask(path, { headers: { Host: host, ...headers } });

describe("an origin", () => {
  it("over https with a path of its own gets requests below it, as its own Host", async () => {
    expect(JSON.parse((await ask("secure.test", "/cart?a=1")).text)).toEqual({
      name: "secure",
      url: "/base/app/cart?a=1",
      host: secure.url.slice("https://".length),
      forwarded: "secure.test",
    });
  });

  it("behind a service binding gets them by its own address", async () => {
    expect(JSON.parse((await ask("service.test:8443", "/cart")).text)).toEqual({
      name: "service",
      url: "/base/cart",
      host: "app.internal",
      forwarded: "service.test:8443",
    });
  });
});

describe("a route's deadline", () => {
  it("goes before the pool's", async () => {
    plain.answers(() => {});
    expect((await ask("slow.test", "/soon/x")).status).toBe(504);
    plain.answers(told("plain"));
  });
});

describe("the site's own error page", () => {
  it("is shown to a browser when no origin answers", async () => {
    const { status, text, headers } = await ask("gone.test", "/", { Accept: "text/html" });
    expect([status, text]).toEqual([502, page]);
    expect(headers).toMatchObject({ "cache-control": "no-store", "content-type": "text/html; charset=utf-8" });
  });

  it("is not shown to a program", async () => {
    expect(JSON.parse((await ask("gone.test", "/", { Accept: "application/json" })).text)).toMatchObject({
      code: "origin_unreachable",
    });
  });
});

describe("the client's Host", () => {
  it("is the host that an origin of the same zone sees, if the pool says so; the origin is found by its own name", async () => {
    /** Stands for Cloudflare between the Worker and the zone: it sends a request where `cf.resolveOverride` says. */
    const asked: unknown[] = [];
    const cloudflare = createServer({ requireHostHeader: false }, (incoming, outgoing) => {
      const cf = JSON.parse(String(incoming.headers["cf-blob"] ?? "{}"));
      asked.push({ url: incoming.url, resolveOverride: cf.resolveOverride });

      const { host, pathname, search } = new URL(incoming.url ?? "");
      const headers = { ...incoming.headers, host };
      request({ host: "127.0.0.1", port: plain.port, path: pathname + search, headers }, (answer) =>
        answer.pipe(outgoing),
      ).end();
    }).listen(0, "127.0.0.1");
    await once(cloudflare, "listening");
    const zoned = await startSite([], {
      pools: [
        {
          id: "shop",
          origins: [{ id: "a", url: "http://a.example.com:8080/base" }],
          host: "client",
          zone: "example.com",
        },
      ],
      routes: [{ host: "*.example.com", path: "/*", pool: "shop" }],
      around: { proxy: `127.0.0.1:${(cloudflare.address() as AddressInfo).port}` },
    });
    const { text } = await zoned.client().ask("/cart", { headers: { Host: "www.example.com" } });
    await zoned.stop();
    cloudflare.close();
    cloudflare.closeAllConnections();
    expect(asked).toEqual([{ url: "http://www.example.com:8080/base/cart", resolveOverride: "a.example.com" }]);
    expect(JSON.parse(text)).toMatchObject({
      host: "www.example.com:8080",
      forwarded: "www.example.com",
      url: "/base/cart",
    });
  });
});
