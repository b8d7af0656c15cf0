import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { countsIn } from "../../support/node/metrics-text.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { needs } from "../../support/node/packages.ts";
import { startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";

const REQUESTS = 10_000;
const PARTS = 10;
const AT_ONCE = 16;
const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const pool = await startWatchedPool(origins, {
  isolates: 2,
  apart: true,
  pools: [{ id: "shop", origins: origins.map(originConfig), healthCheck: { path: "/health" } }],
});
const { site, admin, elapse } = pool;
const { ports } = site.moor;
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const scrape = async () => (await admin.metrics("site")).text;
const requestsIn = (text: string) => countsIn(text, "moor_requests_total", { pool: "shop" });
const answered = { status: new Map<string, number>(), server: new Map<string, number>() };
let begun = 0;

/** Sends requests to both processes in turn, and counts the answers. */
async function load(requests: number): Promise<void> {
  const until = begun + requests;
  const visitor = async () => {
    const client = site.client();
    while (begun < until) {
      const port = ports[begun++ % ports.length];
      const { status, told } = await client.ask("/", { port });
      const kind = `${Math.floor(status / 100)}xx`;
      answered.status.set(kind, (answered.status.get(kind) ?? 0) + 1);
      if (status === 200) answered.server.set(told.server, (answered.server.get(told.server) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
}

/** Has every isolate report what it has counted: its report is due, and needs a request. */
async function report(): Promise<void> {
  await elapse(61);
  for (const port of ports) {
    begun++;
    const { status, told } = await site.client().send("/", { port });
    expect(status).toBe(200);
    answered.status.set("2xx", (answered.status.get("2xx") ?? 0) + 1);
    answered.server.set(told.server, (answered.server.get(told.server) ?? 0) + 1);
  }
}

describe("the totals of a site whose isolates run in two processes", () => {
  it("lie between the reported requests and all requests at any moment, and equal them after reports, although an origin died", async () => {
    let reported = 0;
    for (let part = 0; part < PARTS; part++) {
      if (part === PARTS / 2) await origins[1]?.kill();
      const totals: number[] = [];
      const loading = load(REQUESTS / PARTS);
      for (let looks = 0; looks < 5; looks++) totals.push(requestsIn(await scrape()));
      await loading;
      totals.push(requestsIn(await scrape()));
      for (const total of totals) expect(total).toBeGreaterThanOrEqual(reported);
      expect(totals).toEqual(totals.toSorted((one, other) => one - other));
      expect(totals.at(-1)).toBeLessThanOrEqual(begun);
      if (part % 2 === 1) continue;
      await report();
      await expect.poll(async () => requestsIn(await scrape())).toBe(begun);
      reported = begun;
    }
    await report();
    await expect.poll(async () => requestsIn(await scrape())).toBe(begun);
    expect(begun).toBeGreaterThan(REQUESTS);
    const text = await scrape();
    for (const [status, count] of answered.status) {
      expect(countsIn(text, "moor_requests_total", { pool: "shop", status }), status).toBe(count);
    }
    for (const [origin, count] of answered.server) {
      expect(countsIn(text, "moor_origin_responses_total", { pool: "shop", origin }), origin).toBe(count);
    }
    expect(countsIn(text, "moor_origin_duration_seconds_count", { pool: "shop" })).toBe(
      [...answered.server.values()].reduce((sum, count) => sum + count, 0),
    );
  });

  it("name the origin that died: the isolates that have ejected it, and the reason", async () => {
    const text = await scrape();
    expect(countsIn(text, "moor_isolates", { pool: "shop", state: "heard" })).toBe(2);
    expect(countsIn(text, "moor_origin_ejecting_isolates", { origin: "b" })).toBe(2);
    expect(countsIn(text, "moor_origin_up", { origin: "b", by: "isolates" })).toBe(0);
    expect(countsIn(text, "moor_origin_up", { origin: "a", by: "isolates" })).toBe(1);
    expect(countsIn(text, "moor_origin_ejections_total", { origin: "b" })).toBeGreaterThanOrEqual(2);
    expect(countsIn(text, "moor_origin_ejections_total", { origin: "b", reason: "" })).toBe(0);
    expect(countsIn(text, "moor_retries_total", { pool: "shop", outcome: "answered" })).toBeGreaterThan(0);
  });

  it("tell about how many sessions each origin has", async () => {
    const text = await scrape();
    const bound = ["a", "b", "c"].map((origin) => countsIn(text, "moor_sessions_bound", { pool: "shop", origin }));
    // Sixteen visitors for each part of the load; a visitor of b counted there, and then at the origin that took over.
    expect(bound.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10 * AT_ONCE * 0.9);
    expect(bound.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(11 * AT_ONCE * 1.1);
  });

  it("lose no more than the requests since its last report when a process crashes", async () => {
    const before = requestsIn(await scrape());
    for (let sent = 0; sent < 20; sent++) await site.client().send("/", { port: ports[1] });
    await site.moor.crashAndRestart(undefined, 1);
    expect(requestsIn(await scrape())).toBe(before);
    // The new isolate reports behind its first response.
    await site.client().send("/", { port: ports[1] });
    await expect.poll(async () => requestsIn(await scrape())).toBe(before + 1);
  });

  it("do not fall when the process with the objects crashes, and go on from there", async () => {
    const before = requestsIn(await scrape());
    await site.moor.crashAndRestart();
    expect(requestsIn(await scrape())).toBe(before);
    await site.client().send("/", { port: ports[0] });
    await expect.poll(async () => requestsIn(await scrape())).toBe(before + 1);
  });

  it("have a format that Prometheus reads without objection", needs("prometheus"), async () => {
    const checking = promisify(execFile)("promtool", ["check", "metrics"]);
    checking.child.stdin?.end(await scrape());
    expect(await checking).toEqual({ stdout: "", stderr: "" });
  });

  it("are refused for another word than site", async () => {
    const { status, text } = await admin.metrics("pool");
    expect([status, JSON.parse(text).code]).toEqual([400, "bad_of"]);
    expect(text).toContain('found \\"pool\\", accepted: \\"site\\"');
  });
});
