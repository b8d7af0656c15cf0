import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { needs } from "../../support/node/packages.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const POOLS = [
  { id: "shop", origins: [originConfig(origin)] },
  { id: "gone", origins: [{ id: "gone", url: `http://127.0.0.1:${DEAD_PORT}` }] },
];
const ROUTES = [
  { path: "/gone/*", pool: "gone" },
  { path: "/assets/*", pool: "shop", session: false },
  { path: "/*", pool: "shop" },
];
const site = await startSite([], {
  metrics: true,
  admin: {},
  adminToken: ADMIN_TOKEN,
  pools: POOLS,
  routes: ROUTES,
});
const bare = await startSite([], { pools: POOLS, routes: ROUTES });
afterAll(() => Promise.all([site.stop(), bare.stop(), origin.kill()]));

describe("a data point", () => {
  const written = async (since: number) => (await site.moor.dataPoints()).slice(since);

  it("is written for each request, in the places that docs/reference/metrics.md names", async () => {
    const since = (await site.moor.dataPoints()).length;
    const client = site.client();
    const cf = { "CF-Blob": JSON.stringify({ colo: "FRA" }) };
    await client.ask("/?set=basket:S3CRET", { method: "POST", headers: cf });
    await client.ask("/?q=S3CRET");
    await client.ask("/gone/");
    await client.ask("/assets/a.css", { method: "MKCOL" });
    await expect.poll(() => written(since)).toHaveLength(4);
    const [change, read, gone, asset] = await written(since);
    expect(change?.index).toBe("shop");
    expect(change?.blobs).toEqual("1 shop /* a affinity none object  POST FRA ".split(" "));
    expect(change?.doubles.slice(0, 9)).toEqual([200, expect.any(Number), 1, 1, 0, 0, 0, 0, 0]);
    expect(read?.blobs).toEqual(["1", "shop", "/*", "a", "affinity", "object", "object", "", "GET", "", ""]);
    expect(read?.doubles[3]).toBe(2);
    expect(gone?.index).toBe("gone");
    expect(gone?.blobs).toEqual(["1", "gone", "/gone/*", "", "", "object", "", "origin_unreachable", "GET", "", ""]);
    expect(gone?.doubles.slice(0, 3)).toEqual([502, expect.any(Number), 2]);
    expect(asset?.blobs).toEqual(["1", "shop", "/assets/*", "a", "affinity", "", "", "", "other", "", ""]);
    expect(JSON.stringify(await site.moor.dataPoints())).not.toContain("S3CRET");
  });
});

describe("/.moor/metrics", () => {
  const client = site.client();
  const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
  const scrape = async () => (await client.send("/.moor/metrics", bearer(ADMIN_TOKEN))).text;
  const value = (text: string, series: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length + 1) ?? 0,
    );

  it("does not exist for a client that is not an admin, nor where no admin is configured", async () => {
    const nowhere = await client.send("/.moor/nowhere");
    expect(nowhere.status).toBe(404);
    for (const asking of [
      {},
      bearer("wrong"),
      { headers: { ...bearer(ADMIN_TOKEN).headers, Origin: "https://x.test" } },
    ]) {
      const answer = await client.send("/.moor/metrics", asking);
      expect([answer.status, answer.text]).toEqual([404, nowhere.text]);
    }
    expect((await bare.client().send("/.moor/metrics", bearer(ADMIN_TOKEN))).status).toBe(404);
  });

  it("is not to be kept, and of Prometheus' media type", async () => {
    const { status, headers } = await client.send("/.moor/metrics", bearer(ADMIN_TOKEN));
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
      "no-store",
    ]);
  });

  it("counts requests, sessions, origins, attempts, changes and store calls", async () => {
    const before = await scrape();
    const visitor = site.client();
    await visitor.ask("/?set=basket:tea", { method: "POST" });
    await visitor.ask("/");
    await visitor.ask("/gone/");
    await visitor.ask("/nowhere", { headers: { Host: "a@b" } });
    const after = await scrape();
    const risen = (series: string) => value(after, series) - value(before, series);
    expect(risen('moor_requests_total{pool="shop",route="/*",status="2xx",code=""}')).toBe(2);
    expect(risen('moor_requests_total{pool="gone",route="/gone/*",status="5xx",code="origin_unreachable"}')).toBe(1);
    expect(risen('moor_requests_total{pool="",route="",status="4xx",code="bad_request"}')).toBe(1);
    expect(risen('moor_requests_total{pool="",route="/.moor/*",status="2xx",code=""}')).toBe(1);
    expect(risen('moor_sessions_total{pool="shop",source="none"}')).toBe(1);
    expect(risen('moor_sessions_total{pool="shop",source="object"}')).toBe(1);
    expect(risen('moor_origin_responses_total{pool="shop",origin="a",chosen="affinity"}')).toBe(2);
    expect(risen('moor_origin_attempts_total{pool="gone"}')).toBe(2);
    expect(risen('moor_writes_total{pool="shop",store="object"}')).toBe(2);
    expect(risen('moor_store_calls_total{pool="shop",store="object"}')).toBe(3);
    expect(risen('moor_store_calls_total{pool="gone",store="object"}')).toBe(1);
    expect(risen('moor_request_duration_seconds_count{pool="shop"}')).toBe(2);
    expect(risen('moor_request_duration_seconds_bucket{pool="shop",le="+Inf"}')).toBe(2);
  });

  it("has so many series as there are routes and outcomes, whatever paths, hosts and methods clients make up", async () => {
    await site.client().ask("/made-up");
    const series = (await scrape()).split("\n").length;
    for (let time = 0; time < 20; time++) {
      const headers = { Host: `host-${time}.test` };
      await site.client().ask(`/made-up-${time}`, { headers, method: time % 2 === 0 ? "GET" : "MKCOL" });
    }
    expect((await scrape()).split("\n")).toHaveLength(series);
  });

  it("has a format that Prometheus reads without objection", needs("prometheus"), async () => {
    const checking = promisify(execFile)("promtool", ["check", "metrics"]);
    checking.child.stdin?.end(await scrape());
    expect(await checking).toEqual({ stdout: "", stderr: "" });
  });
});
