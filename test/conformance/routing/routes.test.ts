/** @any-runtime */
/** @without-login */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Asking } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const names = ["shop", "api", "writes", "canary", "files", "admin"];
const origins = await Promise.all(names.map(startLocalOrigin));
const site = await startSite([], {
  hosts: ["admin.shop.test:8443"],
  pools: origins.map((origin) => ({ id: origin.name, origins: [originConfig(origin)] })),
  routes: [
    { host: "*.shop.test", path: "/*", headers: [{ name: "X-Canary", value: "yes" }], pool: "canary" },
    { host: "admin.shop.test", path: "/*", pool: "admin" },
    { path: "/admin/*", pool: "admin" },
    { path: "/api/*", methods: ["POST", "PUT"], pool: "writes" },
    { path: "/api/*", pool: "api" },
    { path: "/files/*", pool: "files", session: false },
    { host: "shop.test", path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const servedBy = async (path: string, asking: Asking = {}) => (await site.client().ask(path, asking)).text;

describe("a request", () => {
  it.each<[string, Asking, string]>([
    ["/", {}, "shop"],
    ["/api", {}, "api"],
    ["/api/x", { method: "POST" }, "writes"],
    ["/api/x", { method: "DELETE" }, "api"],
    ["/apix", {}, "shop"],
    ["/files/a.css", {}, "files"],
    ["/api/x", { headers: { Host: "eu.shop.test", "x-canary": "yes" } }, "canary"],
    ["/api/x", { headers: { Host: "eu.shop.test", "x-canary": "no" } }, "api"],
    ["/", { headers: { Host: "admin.shop.test" } }, "admin"],
    ["/", { headers: { Host: "admin.shop.test", "X-Canary": "yes" } }, "canary"],
  ])("to %s, %j, goes to the pool of the first route that matches: %s", async (path, asking, pool) => {
    expect(await servedBy(path, asking)).toBe(pool);
  });

  it.each(["other.test", "eu.shop.test", "shop.test.evil.test"])(
    "to a host that no route has, %s, is 404",
    async (host) => {
      expect((await site.client().ask("/", { headers: { Host: host } })).status).toBe(404);
    },
  );
});

describe("a host", () => {
  it.each(["ADMIN.shop.TEST", "admin.shop.test:8443", "admin.shop.test:443"])(
    "written as %s is the same host",
    async (host) => expect(await servedBy("/", { headers: { Host: host } })).toBe("admin"),
  );

  describe("with a dot at its end", ofCloudflareAlone("a host with a dot at its end is not served"), () => {
    it.each(["admin.shop.test.", "Admin.Shop.Test.:443"])("written as %s is the same host", async (host) =>
      expect(await servedBy("/", { headers: { Host: host } })).toBe("admin"),
    );
  });

  it.each(["admin.shop.test..", ".shop.test", "admin.shop.test.evil", "adminshop.test"])(
    "written as %s is not",
    async (host) => {
      const { status, text } = await site.client().ask("/", { headers: { Host: host } });
      expect([status, text]).not.toEqual([200, "admin"]);
    },
  );
});

describe("a path that tries to pass for another", () => {
  const send = (target: string) =>
    rawExchange(site.moor.port, [`GET ${target} HTTP/1.1`, "Host: shop.test", "X-Forwarded-Proto: https"]);

  it.each([
    "/files/../admin/users",
    "/files/%2e%2e/admin/users",
    "/files/.%2E/admin/users",
    "/files\\..\\admin\\users",
    "/./admin/users",
    "/../../admin/users",
    "/files/%2E%2E/%2e/admin/users",
  ])("is routed by the path that it is sent as: %s", async (target) => {
    let sent = "";
    origins[5]?.answers((request, response) => {
      sent = request.url ?? "";
      response.end();
    });
    expect(statusOf(await send(target))).toBe(200);
    expect(sent).toBe("/admin/users");
    origins[5]?.answers((_, response) => response.end("admin"));
  });

  it.each([
    "/%61dmin/users",
    "/Admin/users",
    "//admin/users",
    "/admin%2Fusers",
    "/admin;x=1/users",
    "/.%2fadmin/users",
    "/files/..%5cadmin/users",
  ])("is another path, to Moor and on the wire: %s", async (target) => {
    const sent: string[] = [];
    for (const origin of origins) {
      origin.answers((request, response) => {
        sent.push(`${origin.name} ${request.url}`);
        response.end(origin.name);
      });
    }
    expect(statusOf(await send(target))).toBe(200);
    expect(sent).toEqual([expect.not.stringContaining("admin ")]);
    expect(sent[0]?.slice(sent[0].indexOf(" ") + 1)).toBe(target);
    for (const origin of origins) origin.answers((_, response) => response.end(origin.name));
  });
});
