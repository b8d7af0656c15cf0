import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const [open, guarded] = await Promise.all([startOrigin("open"), startOrigin("guarded")]);
const site = await startSite([], {
  pools: [open, guarded].map((origin) => ({ id: origin.name, origins: [originConfig(origin)] })),
  routes: [
    { path: "/admin/*", pool: "guarded" },
    { path: "/*", pool: "open" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([open.kill(), guarded.kill()]);
});

const https = "X-Forwarded-Proto: https";
const ask = (target: string, ...headers: string[]) =>
  rawExchange(site.moor.port, [`GET ${target} HTTP/1.1`, ...headers]);

describe("a Host", () => {
  it.each(["a@evil.test", "a/../b", "a b", "a?b", "a#b", "a\\b", "a%2eb", "é.test", "", "a, b"])(
    "of %j is refused",
    async (host) => {
      expect(statusOf(await ask("/", `Host: ${host}`, https))).toBe(400);
    },
  );

  it("is needed, once", async () => {
    expect(statusOf(await ask("/", https))).toBe(400);
    expect(statusOf(await ask("/", "Host: shop.test", "Host: shop.test", https))).toBe(400);
  });

  it.each(["shop.test", "SHOP.test", "shop.test:8443", "127.0.0.1", "[::1]:80", "a.b-c.test.", "blue_bird.shop.test"])(
    "of %j is served",
    async (host) => {
      const answer = await ask("/", `Host: ${host}`, https);
      expect(statusOf(answer)).toBe(200);
      expect(answer).toContain(`"x-forwarded-host":"${host}"`);
    },
  );
});

describe("a target", () => {
  it.each(["*", "?a=1", "@evil.test/x", ":80/x", "admin/x"])(
    "of %j, which does not begin with /, is refused",
    async (target) => {
      expect(statusOf(await ask(target, "Host: shop.test", https))).toBe(400);
    },
  );

  it("in absolute form is routed and sent by its path; the Host of the header stays", async () => {
    const answer = await ask("http://evil.test/admin/x", "Host: shop.test", https);
    expect(answer).toContain('"server":"guarded"');
    expect(answer).toContain('"url":"/admin/x"');
    expect(answer).toContain('"x-forwarded-host":"shop.test"');
    expect(answer).not.toContain("evil");
  });

  it("keeps its query as it is, and loses its fragment", async () => {
    const answer = await ask("/x?a=../b&c=%2e%2e&d=1+2#fragment", "Host: shop.test", https);
    expect(answer).toContain('"url":"/x?a=../b&c=%2e%2e&d=1+2"');
  });
});

describe("plain http", () => {
  it("to a host that is not loopback is sent to https, with path and query", async () => {
    const answer = await ask("/a/../b?c=d", "Host: shop.test:8080", "X-Forwarded-Proto: http");
    expect(statusOf(answer)).toBe(308);
    expect(answer).toMatch(/^Location: https:\/\/shop\.test:8080\/b\?c=d\r$/im);
    expect(answer).not.toMatch(/^Set-Cookie:/im);
  });

  it.each(["localhost", "shop.localhost:8787", "127.0.0.1:8787", "127.1.2.3", "[::1]:8787"])(
    "to %j is served, with cookies that need no https",
    async (host) => {
      const answer = await ask("/", `Host: ${host}`, "X-Forwarded-Proto: http");
      expect(statusOf(answer)).toBe(200);
      expect(answer).toContain('"x-forwarded-proto":"http"');
      const cookie = /^Set-Cookie: (.*)\r$/im.exec(answer)?.[1];
      expect(cookie).toMatch(/^moor=[\w-]{84}; .*HttpOnly/);
      expect(cookie).not.toContain("Secure");
    },
  );

  it.each(["127.0.0.1.evil.test", "localhost.evil.test", "127.0.0.1000"])(
    "takes %j for no loopback host",
    async (host) => {
      expect(statusOf(await ask("/", `Host: ${host}`, "X-Forwarded-Proto: http"))).not.toBe(200);
    },
  );
});
