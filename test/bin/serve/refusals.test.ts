/** @quick */
import { describe, expect, it } from "vitest";
import { hostsOf, isServedHost, serveMistakes, serveWarnings } from "../../../bin/serve/refusals.ts";
import { readConfig } from "../../../src/config/read.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";
import shown from "../../docs/snippets/served.ts";

const ORIGINS = [{ id: "a", url: "http://10.0.0.5:9001" }];
const SERVED = {
  pools: [{ id: "shop", origins: ORIGINS }],
  stores: { authority: { type: "redis-tcp" } },
  trustedProxies: ["10.0.0.1"],
};

function resolved(changes: object): ResolvedConfig {
  const read = readConfig({ ...SERVED, ...changes });
  if (read.kind !== "ok") throw new Error(JSON.stringify(read.mistakes));
  return read.config;
}
const refused = (changes: object) => serveMistakes(resolved(changes)).map(({ path }) => path);

it("serves a site with Redis or Postgres behind trusted proxies", () => {
  expect(refused({})).toEqual([]);
  expect(refused(shown)).toEqual([]);
  expect(refused({ stores: { authority: { type: "postgres" } } })).toEqual([]);
  expect(refused({ admin: {}, principals: { limit: { sessions: 100 } } })).toEqual([]);
});

describe("refuses what it could only keep by halves", () => {
  it.each<[string, object, string]>([
    ["Durable Objects", { stores: {} }, "stores.authority"],
    ["D1", { stores: { authority: { type: "d1" } } }, "stores.authority"],
    ["memcached", { stores: { authority: { type: "memcached" } } }, "stores.authority"],
    ["Redis by REST", { stores: { authority: { type: "redis" } } }, "stores.authority"],
    ["replicas in KV", { stores: { ...SERVED.stores, replicate: "always" } }, "stores.replicate"],
    ["no trusted proxy", { trustedProxies: [] }, "trustedProxies"],
    ["traces", { traces: "on" }, "traces"],
    ["a console", { admin: { host: "ops.shop.test", console: true } }, "admin.console"],
    ["a webhook", { admin: { webhook: { url: "https://hooks.shop.test/" } } }, "admin.webhook"],
    [
      "Cloudflare Access",
      { admin: { access: { team: "https://t.cloudflareaccess.com", aud: "a".repeat(64) } } },
      "admin.access",
    ],
    [
      "the host of a client",
      {
        pools: [{ id: "shop", host: "client", zone: "shop.test", origins: [{ id: "a", url: "http://a.shop.test" }] }],
        routes: [{ host: "www.shop.test", path: "/*", pool: "shop" }],
      },
      "pools[0].host",
    ],
    [
      "a service binding",
      { pools: [{ id: "shop", origins: [{ ...ORIGINS[0], service: "SHOP" }] }] },
      "pools[0].origins[0].service",
    ],
  ])("%s", (_, changes, path) => {
    const mistakes = serveMistakes(resolved(changes));
    expect(mistakes.map((mistake) => mistake.path)).toContain(path);
    for (const { accepted } of mistakes) expect(accepted).toMatch(/^("|nothing|the addresses)/);
  });
});

it("says in words what is given up without Cloudflare", () => {
  const origins = [{ ...ORIGINS[0], region: "weur" }];
  const healthCheck = { path: "/health" };
  const warnings = serveWarnings(
    resolved({ admin: {}, log: { country: true }, pools: [{ id: "shop", origins, healthCheck }] }),
  );
  expect(warnings.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      "admin",
      "log.country",
      "pools[0].healthCheck",
      "pools[0].origins[0].region",
      "stores.replicate",
    ]),
  );
  expect(warnings.map(({ text }) => text).join("\n")).toContain("without Cloudflare");
});

it("serves the hosts of its address, of its routes and of --host, and no others", () => {
  const routes = [{ host: "*.shop.test", path: "/*", pool: "shop" }];
  expect(hostsOf(resolved({ routes }), "https://shop.test:8443", ["b.test"])).toEqual([
    "shop.test:8443",
    "*.shop.test",
    "b.test",
  ]);
});

it.each([
  ["a.test", true],
  ["a.test:8443", true],
  ["*.a.test", false],
  ["A.test", false],
  ["a.test/x", false],
  ["", false],
])("takes %j for --host: %j", (text, isTaken) => expect(isServedHost(text)).toBe(isTaken));
