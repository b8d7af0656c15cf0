/** @needs redis-server */
/** @quick */
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { asProxyFor, type PlainRequest, plainRequest } from "../../support/node/plain-request.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { startServe } from "../../support/node/served.ts";

const ADMIN_TOKEN = "t".repeat(32);
const [redis, origin, decoy] = await Promise.all([
  startRedisBySocket(),
  startLocalOrigin("a"),
  startLocalOrigin("decoy"),
]);
const serve = await startServe({
  config: {
    pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }],
    trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
    admin: {},
  },
  variables: { MOOR_REDIS_URL: redis.url, MOOR_ADMIN_TOKEN: ADMIN_TOKEN },
  flags: ["--admin", "127.0.0.1:0"],
});
afterAll(async () => {
  await serve.stop();
  await Promise.all([origin.stop(), decoy.stop(), redis.stop()]);
});

/** An address of this machine that is no trusted proxy. */
const STRANGER = "127.0.0.2";
const arrived: { readonly target: string; readonly headers: IncomingHttpHeaders }[] = [];
const strayed: string[] = [];
origin.answers((request, response) => {
  arrived.push({ target: String(request.url), headers: request.headers });
  request.resume().on("end", () => response.end("served"));
});
decoy.answers((request, response) => {
  strayed.push(String(request.url));
  response.end("decoy");
});
beforeEach(() => {
  arrived.length = 0;
  strayed.length = 0;
});

const send = (given: Omit<PlainRequest, "port"> = {}) => plainRequest({ port: serve.port, ...given });
const proxied = (more: readonly string[] = [], client = "203.0.113.9") => [...asProxyFor(client), ...more];
const told = () => arrived[0]?.headers ?? {};

it("serves a visitor behind a trusted proxy", async () => {
  expect(await send({ target: "/shop?a=1", headers: proxied() })).toMatchObject({ status: 200, text: "served" });
  expect(arrived).toMatchObject([
    { target: "/shop?a=1", headers: { "x-forwarded-proto": "https", "x-forwarded-host": "shop.test" } },
  ]);
});

describe("a client cannot choose its address", () => {
  it.each([
    ["CF-Connecting-IP", ["CF-Connecting-IP: 6.6.6.6"]],
    [
      "True-Client-IP, X-Real-IP and X-Client-IP",
      ["True-Client-IP: 6.6.6.6", "X-Real-IP: 6.6.6.6", "X-Client-IP: 6.6.6.6"],
    ],
    ["Forwarded", ["Forwarded: for=6.6.6.6"]],
  ])("by %s", async (_, headers) => {
    await send({ headers: proxied(headers) });
    expect(told()["x-forwarded-for"]).toBe("203.0.113.9");
    expect(told().forwarded).toContain("for=203.0.113.9;");
    expect(JSON.stringify(arrived)).not.toContain("6.6.6.6");
  });

  it("by addresses before that which the proxy has written", async () => {
    await send({ headers: proxied([], "6.6.6.6, 203.0.113.9, 10.0.0.3") });
    expect(told()["x-forwarded-for"]).toBe("203.0.113.9");
  });

  it("by a second X-Forwarded-For line before the proxy's", async () => {
    await send({ headers: ["X-Forwarded-For: 6.6.6.6", ...proxied()] });
    expect(told()["x-forwarded-for"]).toBe("203.0.113.9");
  });
});

describe("a client cannot speak as Cloudflare, or as another platform", () => {
  it("cuts what such a platform would tell an origin", async () => {
    const headers = [
      "CF-Access-Authenticated-User-Email: boss@shop.test",
      "CF-IPCountry: DE",
      "CF-Visitor: {}",
      "CF_Access_Jwt_Assertion: x",
      "CDN-Loop: cloudflare",
      "Fastly-Client-IP: 6.6.6.6",
      "X-Cluster-Client-IP: 6.6.6.6",
    ];
    await send({ headers: proxied(headers) });
    const names = Object.keys(told()).map((name) => name.replaceAll("_", "-"));
    expect(names.filter((name) => /^(cf|cdn|fastly)-|client-ip/.test(name))).toEqual(["cdn-loop"]);
    // The mark of this site, and nothing of the client's.
    expect(told()["cdn-loop"]).toMatch(/^moor-[\da-f]{32}; pool=shop; origin=a$/);
  });

  it("does not take its CF-Ray for the id of the request", async () => {
    const ray = "0123456789abcdef";
    const { text } = await send({ target: "/.moor/nothing", headers: proxied([`CF-Ray: ${ray}`]) });
    expect(JSON.parse(text)).toMatchObject({ code: "no_route" });
    expect(JSON.stringify([text, serve.logged])).not.toContain(ray);
  });
});

describe("a client cannot choose its scheme", () => {
  it.each([
    ["nothing", []],
    ["X-Forwarded-Proto", ["X-Forwarded-Proto: https"]],
    ["Forwarded", ["Forwarded: proto=https"]],
    ["CF-Visitor", ['CF-Visitor: {"scheme":"https"}']],
  ])("by %s: without a trusted proxy it is sent to https, and meets no origin", async (_, headers) => {
    const answer = await send({ from: STRANGER, target: "/a", headers });
    expect(answer).toMatchObject({ status: 308, headers: { location: "https://shop.test/a" } });
    expect(arrived).toEqual([]);
  });

  it.each(["x.localhost", "localhost", "127.0.0.1", "[::1]"])(
    "by the host %s, which is served in the clear nowhere",
    async (host) => {
      for (const from of [STRANGER, "127.0.0.1"]) {
        const { status } = await send({ from, host, headers: from === STRANGER ? [] : proxied() });
        expect(status).toBe(404);
      }
      expect(arrived).toEqual([]);
    },
  );

  it("is told of in the log if a trusted proxy does not say the scheme", async () => {
    expect((await send({ headers: ["X-Forwarded-For: 203.0.113.9"] })).status).toBe(400);
    await expect
      .poll(() => serve.logged)
      .toContainEqual(expect.objectContaining({ reason: expect.stringContaining("no X-Forwarded-Proto") }));
  });
});

describe("a client cannot choose its host", () => {
  it("by X-Forwarded-Host without a trusted proxy", async () => {
    const answer = await send({ from: STRANGER, headers: ["X-Forwarded-Host: evil.test"] });
    expect(answer.headers.location).toBe("https://shop.test/");
  });

  it.each(["evil.test", "shop.test.evil.test", "shop.test:81", "admin.moor.invalid"])(
    "by Host: %s is not served",
    async (host) => {
      expect((await send({ host, headers: proxied() })).status).toBe(404);
      expect(arrived).toEqual([]);
    },
  );

  it("and so leads Moor to no other server", async () => {
    const host = `127.0.0.1:${decoy.port}`;
    for (const target of ["/", `http://${host}/`, `//${host}/`, `https://${host}/`, `/@${host}/`])
      for (const named of [host, `shop.test@${host}`, "shop.test"])
        await send({ host: named, target, headers: proxied([`X-Forwarded-Server: ${host}`]) });
    expect(strayed).toEqual([]);
    expect(arrived.every(({ headers }) => headers["x-forwarded-host"] === "shop.test")).toBe(true);
  });

  it.each([null, "", "shop.test, evil.test", "shop.test@evil.test", "shop.test/evil", ":.shop.test", "[.shop.test"])(
    "by a host that is malformed: %j",
    async (host) => {
      expect((await send({ host, version: host === null ? "1.0" : "1.1", headers: proxied() })).status).toBe(400);
      expect(arrived).toEqual([]);
    },
  );

  it("by an X-Forwarded-Host that its proxy passes on", async () => {
    for (const named of ["evil.test", "shop.test, evil.test"]) {
      expect((await send({ headers: proxied([`X-Forwarded-Host: ${named}`]) })).status).toBe(400);
      expect(
        (await send({ host: "moor.internal", headers: proxied([`X-Forwarded-Host: ${named}`]) })).status,
      ).toBeGreaterThanOrEqual(400);
    }
    expect(arrived).toEqual([]);
  });
});

describe("operators", () => {
  const bearer = `Authorization: Bearer ${ADMIN_TOKEN}`;
  const PATHS = [
    "/.moor/admin/stores",
    "/.moor/metrics",
    "/.moor/admin/pools",
    "/.moor/%61dmin/pools",
    "/.moor/./admin/pools",
  ];

  it.each(PATHS)("are not answered where visitors are: %s", async (target) => {
    for (const host of ["shop.test", "admin.moor.invalid"]) {
      const { status } = await send({ host, target, headers: proxied([bearer]) });
      expect(status).toBe(404);
    }
  });

  it("are answered at the socket of this machine, with their token", async () => {
    const ask = (headers: string[]) => plainRequest({ port: serve.adminPort, target: "/.moor/metrics", headers });
    expect((await ask([bearer])).text).toContain("moor_requests_total");
    expect((await ask([])).status).not.toBe(200);
  });

  it("get no visitor's pages there", async () => {
    for (const target of ["/", "/.moor/jwks.json", "/.moor/session"])
      expect((await plainRequest({ port: serve.adminPort, target })).status).toBe(404);
    expect(arrived).toEqual([]);
  });

  it("cannot drain a server by halves: the state of a pool is refused", async () => {
    const target = "/.moor/admin/pools/shop/origins/a/drain";
    const answer = await plainRequest({
      port: serve.adminPort,
      method: "POST",
      target,
      headers: [bearer, "Content-Length: 0"],
    });
    expect(answer.status).toBe(409);
  });
});

describe("a request that a Worker cannot send", () => {
  it.each([
    ["TRACE", 405],
    ["TRACK", 501],
  ])("is refused by its method: %s with %d", async (method, status) => {
    expect((await send({ method, headers: proxied() })).status).toBe(status);
    expect(arrived).toEqual([]);
  });

  it("is refused if it is a GET with a body, and served if the body is empty", async () => {
    expect((await send({ headers: proxied(["Content-Length: 3"]), body: "abc" })).status).toBe(400);
    expect((await send({ headers: proxied(["Content-Length: 0"]) })).status).toBe(200);
  });
});

describe("limits", () => {
  it("refuses headers of more than 32 KiB", async () => {
    const refused = await send({ headers: proxied([`Cookie: a=${"a".repeat(33_000)}`]) });
    // An origin on Node would answer 431 as well, in other words.
    expect(refused).toMatchObject({ status: 431, headers: { "content-type": "application/problem+json" } });
    expect((await send({ headers: proxied([`Cookie: a=${"a".repeat(12_000)}`]) })).status).toBe(200);
  });

  it("refuses a body of more than 100 MiB before it comes", async () => {
    const headers = proxied(["Content-Length: 104857601"]);
    expect((await send({ method: "POST", headers })).status).toBe(413);
    expect(arrived).toEqual([]);
  });
});
