/** @needs nginx */
/** @without-login */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";

const folder = await mkdtemp(join(tmpdir(), "moor-addresses-"));
await mkdir(join(folder, "docs"));
await writeFile(join(folder, "docs", "index.html"), "the documents");
const port = await freePort();
const nginx = await startNginx(`server { listen 127.0.0.1:${port}; location / { root ${folder}; } }`, port);
const [based, kept, refusing] = (await Promise.all(["based", "kept", "refusing"].map(startLocalOrigin))) as [
  LocalOrigin,
  LocalOrigin,
  LocalOrigin,
];
const pool = (id: string, url: string) => ({ id, origins: [{ id, url }] });
const site = await startSite([], {
  pools: [
    pool("nginx", `http://127.0.0.1:${port}`),
    pool("based", `${based.url}/app`),
    { ...pool("kept", kept.url), rewrite: false },
    {
      id: "two",
      origins: [
        { id: "refusing", url: refusing.url },
        { id: "based", url: `${based.url}/app`, backup: true },
      ],
    },
  ],
  routes: [
    { path: "/based/*", pool: "based" },
    { path: "/assets/*", pool: "based", session: false },
    { path: "/kept/*", pool: "kept" },
    { path: "/two/*", pool: "two", retryOn: ["gateway-error"] },
    { path: "/*", pool: "nginx" },
  ],
  trustedProxies: ["203.0.113.0/24"],
});
afterAll(async () => {
  await site.stop();
  await nginx.stop();
  await Promise.all([based, kept, refusing].map((origin) => origin.stop()));
  await rm(folder, { recursive: true });
});

/** Has an origin answer with headers, and returns the headers of its request. */
function answerWith(origin: LocalOrigin, headers: Record<string, string | string[]>, status = 302) {
  const asked: Record<string, unknown>[] = [];
  origin.answers((request, response) => {
    asked.push({ ...request.headers, url: request.url });
    response.writeHead(status, headers).end();
  });
  return asked;
}

describe("a redirect", () => {
  it("of nginx, which sends a directory to its path with a slash, stays on the site", async () => {
    const { status, headers } = await site.client().ask("/docs");
    expect([status, headers.location]).toEqual([301, "https://shop.test/docs/"]);
    expect((await site.client().ask("/docs/")).text).toBe("the documents");
  });

  it.each(["/based/x", "/assets/x"])("of an origin with a base path loses the base path: %s", async (path) => {
    const cookies = ["a=1; Path=/app; Domain=127.0.0.1", "b=2; Path=/"];
    answerWith(based, { Location: `${based.url}/app/next?a=1`, Refresh: "5; url=/app/next", "Set-Cookie": cookies });
    const { headers, setCookies } = await site.client().ask(path);
    expect(headers.location).toBe("https://shop.test/next?a=1");
    expect(headers.refresh).toBe("5; url=https://shop.test/next");
    expect(setCookies.filter((line) => !line.startsWith("__Host-moor"))).toEqual([
      "a=1; Path=/; Domain=shop.test",
      "b=2; Path=/",
    ]);
  });

  it("passes as it is where the pool has rewrite: false", async () => {
    const location = `${kept.url}/next`;
    answerWith(kept, { Location: location });
    expect((await site.client().ask("/kept/x")).headers.location).toBe(location);
  });

  it("to another site passes as it is", async () => {
    answerWith(based, { Location: "https://elsewhere.test/app/next" });
    expect((await site.client().ask("/based/x")).headers.location).toBe("https://elsewhere.test/app/next");
  });
});

describe("the origin is told of the public address", () => {
  it("by X-Forwarded-* and by Forwarded, and the client's own headers of these names are gone", async () => {
    const asked = answerWith(based, {}, 200);
    const mine = ["X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded"].map((name) => [name, "mine"]);
    const headers = { ...Object.fromEntries(mine), "CF-Connecting-IP": "2001:db8::7", Host: "shop.test:8443" };
    await site.client().ask("/based/x", { headers });
    expect(asked[0]).toMatchObject({
      url: "/app/based/x",
      "x-forwarded-for": "2001:db8::7",
      "x-forwarded-host": "shop.test:8443",
      "x-forwarded-port": "8443",
      "x-forwarded-proto": "https",
      "x-forwarded-prefix": "/",
      forwarded: 'for="[2001:db8::7]";host="shop.test:8443";proto=https',
    });
  });

  it("each origin of its own base path, when the request goes on to the next origin", async () => {
    const first = answerWith(refusing, {}, 503);
    const second = answerWith(based, {}, 200);
    expect((await site.client().ask("/two/x")).status).toBe(200);
    expect([first[0]?.["x-forwarded-prefix"], second[0]?.["x-forwarded-prefix"]]).toEqual([undefined, "/"]);
  });

  it.each([
    ["203.0.113.9", "10.0.0.1, 198.51.100.7", "198.51.100.7"],
    ["198.51.100.9", "10.0.0.1", "198.51.100.9"],
  ])("and of the client's address: %s with X-Forwarded-For: %s is %s", async (peer, chain, expected) => {
    const asked = answerWith(based, {}, 200);
    const headers = { "CF-Connecting-IP": peer, "X-Forwarded-For": chain };
    await site.client().ask("/based/x", { headers });
    expect(asked[0]).toMatchObject({
      "x-forwarded-for": expected,
      forwarded: `for=${expected};host="shop.test";proto=https`,
    });
  });
});
