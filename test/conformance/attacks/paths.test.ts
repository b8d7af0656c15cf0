/** @without-login */
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const [open, guarded] = await Promise.all([startOrigin("open"), startOrigin("guarded")]);
const below = { name: "below", url: `${open.url}/base` };
const site = await startSite([], {
  pools: [open, guarded, below].map((origin) => ({ id: origin.name, origins: [originConfig(origin)] })),
  routes: [
    { host: "below.test", path: "/*", pool: "below" },
    { host: "admin.shop.test", path: "/*", pool: "guarded" },
    { path: "/admin/*", pool: "guarded" },
    { path: "/*", pool: "open" },
  ],
  ignore: [{ path: "/assets/*" }, { extensions: ["css"] }],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([open.kill(), guarded.kill()]);
});

/** Which pool a target was routed to, the target that its origin was sent, and whether a session was handed over. */
async function sent(target: string, host = "shop.test") {
  const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, "X-Forwarded-Proto: https"];
  const answer = await rawExchange(site.moor.port, lines);
  if (statusOf(answer) !== 200) return { status: statusOf(answer) };
  const { server, url, session } = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
  return { pool: server as string, url: url as string, aud: session?.aud as string | undefined };
}

/**
 * The shapes in which a path can be written as another path, each with its pool and the URL that its origin is sent.
 */
const SHAPES: [shape: string, target: string, pool: "open" | "guarded", url: string][] = [
  ["a dot segment", "/./admin/x", "guarded", "/admin/x"],
  ["a double dot segment", "/public/../admin/x", "guarded", "/admin/x"],
  ["a double dot segment out of it", "/admin/../public", "open", "/public"],
  ["double dots above the root", "/../../admin/x", "guarded", "/admin/x"],
  ["an encoded dot segment", "/public/%2e%2e/admin/x", "guarded", "/admin/x"],
  ["a half encoded dot segment", "/public/.%2E/admin/x", "guarded", "/admin/x"],
  ["an encoded dot segment out of it", "/admin/%2E%2e/public", "open", "/public"],
  ["a double dot at the end", "/admin/x/..", "guarded", "/admin/"],
  ["three dots", "/admin/.../x", "guarded", "/admin/.../x"],
  ["a backslash", "/public\\..\\admin\\x", "guarded", "/admin/x"],
  ["an encoded backslash", "/public%5C..%5Cadmin", "open", "/public%5C..%5Cadmin"],
  ["an encoded slash", "/admin%2Fx", "open", "/admin%2Fx"],
  ["an encoded slash behind double dots", "/public/..%2Fadmin/x", "open", "/public/..%2Fadmin/x"],
  ["an encoded slash within", "/admin/..%2Fpublic", "guarded", "/admin/..%2Fpublic"],
  ["double encoding of a slash", "/admin%252Fx", "open", "/admin%252Fx"],
  ["double encoding of dots", "/public/%252e%252e/admin/x", "open", "/public/%252e%252e/admin/x"],
  ["an encoded letter", "/%61dmin/x", "open", "/%61dmin/x"],
  ["another case", "/Admin/x", "open", "/Admin/x"],
  ["a parameter", "/admin;v=1/x", "open", "/admin;v=1/x"],
  ["a parameter behind double dots", "/public/..;/admin/x", "open", "/public/..;/admin/x"],
  ["an empty segment before", "//admin/x", "open", "//admin/x"],
  ["an empty segment within", "/admin//x", "guarded", "/admin//x"],
  ["an empty segment and double dots", "/public//../admin/x", "open", "/public/admin/x"],
  ["an encoded NUL", "/admin%00/x", "open", "/admin%00/x"],
  ["an overlong encoding of a slash", "/public/..%c0%afadmin", "open", "/public/..%c0%afadmin"],
  ["a broken escape", "/admin%/x", "open", "/admin%/x"],
  ["a plus", "/admin+/x", "open", "/admin+/x"],
  ["an encoded question mark", "/admin%3Fx", "open", "/admin%3Fx"],
  ["an encoded number sign", "/admin%23/x", "open", "/admin%23/x"],
  ["a query that looks like a path", "/public?/../admin/x", "open", "/public?/../admin/x"],
  ["a fragment", "/public#/../admin/x", "open", "/public"],
  ["an absolute target", "http://other.test/public/../admin/x", "guarded", "/admin/x"],
];

describe("the path that decides the route is the path that the origin sees", () => {
  it.each(SHAPES)("written with %s: %s", async (_shape, target, pool, url) => {
    expect(await sent(target)).toEqual({ pool, url, aud: pool });
  });

  it("and no second reading changes it: sent again, it is routed and sent alike", async () => {
    for (const [, , pool, url] of SHAPES) expect(await sent(url)).toEqual({ pool, url, aud: pool });
  });

  it("below the base path of an origin likewise: no path leads out of it", async () => {
    for (const [, target, , url] of SHAPES) {
      const { url: arrived, aud } = await sent(target, "below.test");
      expect({ arrived, aud }).toEqual({ arrived: `/base${url}`, aud: "below" });
    }
  });
});

describe("a host", () => {
  it.each([
    ["in upper case", "ADMIN.Shop.TEST"],
    ["with a trailing dot", "admin.shop.test."],
    ["with a port", "admin.shop.test:8443"],
    ["with a trailing dot and a port", "Admin.Shop.Test.:443"],
  ])("%s is the same host", async (_shape, host) => {
    expect(await sent("/public", host)).toMatchObject({ pool: "guarded" });
  });

  it.each([
    ["with two trailing dots", "admin.shop.test.."],
    ["that only begins like it", "admin.shop.test.evil.test"],
    ["that only ends like it", "xadmin.shop.test"],
  ])("%s is another host", async (_shape, host) => {
    expect((await sent("/public", host)).pool).not.toBe("guarded");
  });

  it.each([
    "admin.shop.test@shop.test",
    "shop.test#admin.shop.test",
    "admin%2eshop.test",
    "admin.shop.test, shop.test",
  ])("of %j is refused", async (host) => {
    expect(await sent("/public", host)).toEqual({ status: 400 });
  });
});

describe("the effect of a path that makes a request an asset", () => {
  it.each(["/assets/%2e%2e/account", "/assets/../account", "/account/x.css/..", "/account%2Fassets/"])(
    "is judged by the path that is sent: %s has its session",
    async (target) => {
      expect((await sent(target)).aud).toBe("open");
    },
  );

  it.each(["/account/x.css", "/account;x.css", "/account%2Fx.css", "/x/../assets/account"])(
    "has no session, however the origin reads it: %s shows no visitor's page to a cache",
    async (target) => {
      const { pool, aud } = await sent(target);
      expect({ pool, aud }).toEqual({ pool: "open", aud: undefined });
    },
  );
});

describe("Moor's own paths", () => {
  it.each(["/.moor/x", "/x/../.moor/x", "/%2e/.moor/x", "/.moor/../.moor/x", "/x\\..\\.moor\\x"])(
    "are never sent to an origin: %s",
    async (target) => {
      expect(await sent(target)).toEqual({ status: 404 });
    },
  );

  it.each(["/.Moor/logout", "/%2Emoor/logout", "/.moor%2Flogout", "//.moor/logout", "/.moor;x/logout"])(
    "have a single spelling: %s is the origin's",
    async (target) => {
      expect(await sent(target)).toMatchObject({ pool: "open", url: target });
    },
  );
});
