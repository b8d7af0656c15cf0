import { afterAll, describe, expect, it } from "vitest";
import type { LogConfig } from "../../../src/config/site-types.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const start = (log?: LogConfig) =>
  startSite([], {
    ...(log && { log }),
    adminToken: "an-admin-token-of-the-tests-that-is-long-enough",
    admin: {},
    pools: [
      { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal"] } },
      { id: "gone", origins: [{ id: "gone", url: `http://127.0.0.1:${DEAD_PORT}` }] },
    ],
    routes: [
      { path: "/gone/*", pool: "gone" },
      { path: "/assets/*", pool: "shop", session: false },
      { host: "*.shop.test", path: "/*", methods: ["GET", "HEAD"], pool: "shop" },
      { path: "/shop/*", pool: "shop", session: { idleSeconds: 600 } },
    ],
    session: { remember: {} },
  });
const [all, paths, failed, off, sampled, told] = await Promise.all([
  start({ requests: "all" }),
  start({ requests: "all", path: true }),
  start(),
  start({ requests: "off" }),
  start({ requests: 0.5 }),
  start({ requests: "all", address: "network", country: true, userAgent: true, trace: true }),
]);
afterAll(() => Promise.all([...[all, paths, failed, off, sampled, told].map((site) => site.stop()), origin.kill()]));

type Line = Record<string, unknown>;
const linesOf = (site: Site, event = "request") =>
  site.moor.logged.filter((line) => line.includes(`{"event":"${event}"`)).map((line) => JSON.parse(line) as Line);

/** The only line that a site logs during `work`. */
async function lineOf(site: Site, work: () => Promise<unknown>): Promise<Line> {
  const before = linesOf(site).length;
  await work();
  await expect.poll(() => linesOf(site).length).toBe(before + 1);
  return linesOf(site)[before] as Line;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("the line of a request", () => {
  it("names the decisions, and their cost", async () => {
    const client = all.client();
    const first = await lineOf(all, () => client.ask("/shop/?set=basket:tea&secret=S3CRET"));
    expect(first).toEqual({
      event: "request",
      request: expect.stringMatching(UUID),
      method: "GET",
      route: "/shop/*",
      status: 200,
      pool: "shop",
      origin: "a",
      chosen: "affinity",
      attempts: 1,
      session: expect.stringMatching(/^[\w-]{8}$/),
      source: "none",
      version: 0,
      written: "object",
      calls: { object: 1 },
      tookMs: expect.any(Number),
    });
    const second = await lineOf(all, () => client.ask("/shop/"));
    // A session that comes back for the first time is read, and touched.
    const calls = { object: 2 };
    expect(second).toMatchObject({ source: "object", version: 1, session: first.session, written: "object", calls });
  });

  it("leaves out fields that do not apply: for an asset, for Moor's own answers, for Moor's own paths", async () => {
    const asset = await lineOf(all, () => all.client().ask("/assets/a.css"));
    expect(Object.keys(asset)).toEqual(
      "event request method route status pool origin chosen attempts tookMs".split(" "),
    );
    expect(await lineOf(all, () => all.client().ask("/nowhere"))).toMatchObject({ status: 404, code: "no_route" });
    const own = await lineOf(all, () => all.client().ask("/.moor/jwks.json"));
    expect(Object.keys(own)).toEqual("event request method route status tookMs".split(" "));
    expect(own.route).toBe("/.moor/*");
  });

  it("names the route as it is configured", async () => {
    const headers = { Host: "www.shop.test" };
    expect(await lineOf(all, () => all.client().ask("/a", { headers }))).toMatchObject({
      route: "GET,HEAD *.shop.test/*",
    });
  });

  it("has the request's CF-Ray as its id, if that looks like a CF-Ray", async () => {
    const asked = (ray: string) => lineOf(all, () => all.client().ask("/shop/", { headers: { "CF-Ray": ray } }));
    expect((await asked("8f2c0d9a7b6e5f41-FRA")).request).toBe("8f2c0d9a7b6e5f41-FRA");
    expect((await asked('8f2c0d9a7b6e5f41-FRA","x":"')).request).toMatch(UUID);
  });

  it("has the path only if that is configured, never the query, and no path that names a session", async () => {
    const client = paths.client();
    expect(await lineOf(paths, () => client.ask("/shop/a%20b?set=x:y"))).toMatchObject({ path: "/shop/a%20b" });
    const admin = await lineOf(paths, () => client.ask("/.moor/admin/sessions/AAAAAAAAAAAAAAAAAAAAAA"));
    expect(admin).not.toHaveProperty("path");
    expect((await lineOf(all, () => all.client().ask("/shop/x"))).path).toBeUndefined();
  });

  it("tells of the client as the configuration asks, and nothing without that", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const headers = {
      "CF-Connecting-IP": "2001:db8:1:2::7",
      "CF-Blob": '{"country":"DE"}',
      "User-Agent": "a browser",
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
    };
    const [shown, hidden] = await Promise.all(
      [told, all].map((site) => lineOf(site, () => site.client().ask("/shop/", { headers }))),
    );
    expect(shown).toMatchObject({ address: "2001:db8:1::/48", country: "DE", userAgent: "a browser", trace });
    for (const field of ["address", "country", "userAgent", "trace"]) expect(hidden).not.toHaveProperty(field);
  });

  it("is left by a request whose client has gone, if the origin's changes are to be stored", async () => {
    const client = all.client();
    const before = linesOf(all).length;
    const leave = (hold: string) => client.ask(`/shop/?set=basket:tea&${hold}`, { method: "POST" }).catch(() => {});
    const left = await origin.hold(leave);
    client.close();
    await left.answer;
    await left.release();
    await expect.poll(() => linesOf(all).slice(before)).toMatchObject([{ method: "POST", written: "object" }]);
  });

  it("holds no value of the session, no token, no query and no more of an id than 8 characters", async () => {
    const client = paths.client();
    await client.ask("/shop/?set=basket:S3CRET&login=alice-S3CRET&q=S3CRET", { method: "POST" });
    const { told } = await client.ask("/shop/?q=S3CRET");
    expect(told.session.data).toEqual({ basket: "S3CRET" });
    expect(paths.indiscretions("S3CRET", told.session.sid ?? "none")).toEqual([]);
  });
});

describe("the requests that leave a line", () => {
  it("are the failed requests by default: requests without an answer, and requests answered with 500 or above", async () => {
    const client = failed.client();
    for (const path of ["/shop/", "/assets/x", "/nowhere", "/shop/?status=404"]) await client.ask(path);
    const gone = await lineOf(failed, () => client.ask("/gone/"));
    expect(gone).toMatchObject({ status: 502, code: "origin_unreachable", route: "/gone/*", attempts: 2 });
    expect(await lineOf(failed, () => client.ask("/shop/?status=500"))).toMatchObject({ status: 500, origin: "a" });
    expect(linesOf(failed)).toHaveLength(2);
  });

  it("are none with off, although failures are logged all the same", async () => {
    const answer = await off.client().ask("/gone/");
    await expect.poll(() => linesOf(off, "origin_failed")).toHaveLength(1);
    expect(linesOf(off, "origin_failed")[0]).toMatchObject({ request: JSON.parse(answer.text).request });
    expect(linesOf(off)).toEqual([]);
  });

  it("are a share of all requests, and every failed request", async () => {
    const client = sampled.client();
    const before = linesOf(sampled).length;
    for (let time = 0; time < 60; time++) await client.ask("/shop/");
    // The line of a failed request is always there, and comes after the lines of the requests before it.
    const failures = () => linesOf(sampled).filter(({ status }) => status === 502);
    await client.ask("/gone/");
    await expect.poll(() => failures().length).toBe(1);
    const some = linesOf(sampled).length - before - 1;
    expect(some).toBeGreaterThan(5);
    expect(some).toBeLessThan(55);
    for (let time = 0; time < 5; time++) await lineOf(sampled, () => client.ask("/gone/"));
  });
});

describe("a failure", () => {
  it("tells its client the id that its log lines have, so that the client can quote it", async () => {
    const ray = "8f2c0d9a7b6e5f42-FRA";
    const headers = { "CF-Ray": ray };
    const answer = await failed.client().ask("/gone/", { headers });
    expect(JSON.parse(answer.text)).toMatchObject({ code: "origin_unreachable", request: ray });
    const page = await failed.client().ask("/gone/", { headers: { ...headers, Accept: "text/html" } });
    expect(page.text).toContain(ray);
    await expect.poll(() => failed.moor.logged.filter((line) => line.includes(ray))).toHaveLength(4);
    expect(linesOf(failed, "origin_failed").at(-1)).toMatchObject({ request: ray, pool: "gone" });
  });
});
