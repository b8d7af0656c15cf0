import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HealthCheckConfig } from "../../../src/config/health-types.ts";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import type { Client } from "../../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { type RawOrigin, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { originConfig, type Site, type SiteOptions, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

/** Tests move the clock, and have the alarm of the pool ring by it. */
const CHECK: HealthCheckConfig = {
  path: "/health",
  intervalSeconds: 10,
  healthyThreshold: 1,
  unhealthyThreshold: 2,
};
/** Origins that answer meet this limit, on a busy machine as well. */
const BRIEF = { timeoutMs: 2_000 };
const names = ["a", "b", "c"];
let origins: RawOrigin[];
let site: Site;
let aheadSeconds: number;
beforeEach(async () => {
  aheadSeconds = 0;
  origins = await Promise.all(names.map(startRawOrigin));
});
afterEach(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const start = async (healthCheck: Partial<HealthCheckConfig> = {}, options: SiteOptions = {}) => {
  const pool = { healthCheck: { ...CHECK, ...healthCheck } };
  site = await startSite(origins, { explain: true, watched: true, pool, ...options });
};
/** Has the origins probed once. The time between two probes is up to a tenth longer than the interval. */
async function probe(): Promise<void> {
  const seconds = 12;
  aheadSeconds += seconds;
  await site.moor.elapse(seconds);
  await site.moor.ringAlarm("shop");
}
/** Restarts the isolate, with an empty memory and the clock that it had. */
async function crash(): Promise<void> {
  await site.moor.crashAndRestart();
  await site.moor.elapse(aheadSeconds);
}
const named = (name: string) => origins.find((origin) => origin.name === name) as RawOrigin;
const isProbe = (request: { head: string }) => /^GET \/health\b/.test(request.head);
/** The answers of an origin to probes. Visitors get its name. */
const probesMeet = (origin: RawOrigin, answer: string | undefined) =>
  origin.answers((request, socket) => {
    if (!isProbe(request)) socket.write(rawResponse(origin.name));
    else if (answer !== undefined) socket.write(answer);
  });
const said = async () => JSON.parse((await site.moor.valueInKv("p/shop")) ?? '{"origins":[]}');
/** The published reasons for which origins are unhealthy. */
const unhealthy = async () =>
  Object.fromEntries(
    (await said()).origins.flatMap((origin: { id: string; unhealthy?: { reason: string } }) =>
      origin.unhealthy ? [[origin.id, origin.unhealthy.reason]] : [],
    ),
  );
/** The published reasons after another probe. */
const unhealthyAfterProbe = async () => {
  await probe();
  return unhealthy();
};
const events = () =>
  site.moor.logged
    .filter((line) => /"event":"(origin_(un|rec|ej)|probe_)/.test(line))
    .map((line) => JSON.parse(line) as Record<string, string>);

/** A visitor of each origin. */
async function visitors(): Promise<Map<string, Client>> {
  const found = new Map<string, Client>();
  while (found.size < names.length) {
    const client = site.client();
    found.set((await client.ask("/")).text, client);
  }
  return found;
}
/** The origin that serves each visitor. */
async function servedBy(all: Map<string, Client>): Promise<Record<string, string>> {
  const served: [string, string][] = [];
  for (const [home, client] of all) served.push([home, (await client.ask("/")).text]);
  return Object.fromEntries(served);
}

describe("an origin whose probes fail although its pages work", () => {
  it.each<[string, string | undefined, Partial<HealthCheckConfig>, string]>([
    ["answer 500", "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", {}, "status"],
    ["answer a redirect", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", {}, "status"],
    ["hold another text", rawResponse("all is lost"), { expectedBody: "well" }, "body"],
    ["are not answered", undefined, BRIEF, "timeout"],
    ["come halfway", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell", { ...BRIEF, expectedBody: "all" }, "timeout"],
  ])(
    "leaves the order when they %s, and nobody else moves; then it has its visitors back",
    async (_what, answer, check, reason) => {
      for (const origin of origins) probesMeet(origin, rawResponse("all is well"));
      await start(check);
      const all = await visitors();
      probesMeet(named("b"), answer);
      await expect.poll(unhealthyAfterProbe).toEqual({ b: reason });
      await crash();
      // A request goes on without the verdicts if they do not come in time.
      await expect.poll(() => servedBy(all)).toEqual({ a: "a", b: expect.stringMatching(/[ac]/), c: "c" });

      probesMeet(named("b"), rawResponse("all is well"));
      await expect.poll(unhealthyAfterProbe).toEqual({});
      await crash();
      expect(await servedBy(all)).toEqual({ a: "a", b: "b", c: "c" });
      const found = reason === "status" ? `status ${answer?.slice(9, 12)}` : reason;
      await expect.poll(events).toEqual([
        { event: "origin_unhealthy", pool: "shop", origin: "b", reason: found },
        { event: "origin_recovered", pool: "shop", origin: "b", reason: "passed" },
      ]);
    },
  );

  it("is shown to admins, since when and by which probe result", async () => {
    await start({}, { admin: {}, adminToken: ADMIN_TOKEN });
    const admin = adminOf(site);
    const shown = async () => JSON.parse((await admin.ask("/pools/shop")).text).origins;
    expect((await shown())[1]).toEqual({ id: "b", state: "open", next: [] });
    await site.client().ask("/");
    await expect.poll(async () => (await shown())[1].probes?.state).toBe("healthy");
    const before = Date.now() + aheadSeconds * 1_000;
    probesMeet(named("b"), "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    const stateAfterProbe = async () => {
      await probe();
      return (await shown())[1].probes.state;
    };
    await expect.poll(stateAfterProbe).toBe("unhealthy");
    const [a, b] = await shown();
    expect(b.probes.since).toBeGreaterThan(before);
    expect(b.probes.last).toMatchObject({ result: "status", status: 503 });
    expect(a.probes).toMatchObject({ state: "healthy", last: { result: "passed", status: 200 } });
  });
});

describe("the last origin that probes call healthy", () => {
  it("is not drained or ejected, unless the operator says anyway", async () => {
    await start({}, { admin: {}, adminToken: ADMIN_TOKEN });
    await site.client().ask("/");
    for (const name of ["a", "b"]) probesMeet(named(name), "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    await expect.poll(unhealthyAfterProbe).toEqual({ a: "status", b: "status" });
    const change = async (path: string, body: object) => {
      const { status, text } = await adminOf(site).ask(`/pools/shop/origins/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return { status, said: JSON.parse(text) };
    };
    for (const action of ["drain", "eject"]) {
      const { status, said } = await change(`c/${action}`, {});
      expect([status, said.code]).toEqual([409, "last_origin"]);
      expect(said.title).toContain("found a (open, unhealthy), b (open, unhealthy);");
    }
    expect((await change("a/drain", {})).status).toBe(200);
    expect((await change("c/drain", { anyway: true })).status).toBe(200);
  });
});

describe("the published state of an unhealthy origin", () => {
  it("is the state that docs/reference/storage-schema.md describes", async () => {
    await start();
    await site.client().ask("/");
    probesMeet(named("b"), "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
    await expect.poll(unhealthyAfterProbe).toEqual({ b: "status" });
    const document = await readFile("docs/reference/storage-schema.md", "utf8");
    const [, example = ""] = /```json\n(\{ "id": "b", "closures": \[\], [^\n]*)\n```/.exec(document) ?? [];
    const [documented, published] = [JSON.parse(example), (await said()).origins[0]];
    expect(Object.keys(published).sort()).toEqual(Object.keys(documented).sort());
    expect(Object.keys(published.unhealthy).sort()).toEqual(Object.keys(documented.unhealthy).sort());
  });
});

describe("the request that a probe sends", () => {
  it("names Moor, goes below the base path, has no session, and does not count as a visitor's", async () => {
    const [origin] = origins as [RawOrigin];
    await start(
      { path: "/health?full=1" },
      {
        pools: [
          {
            id: "shop",
            origins: [{ id: "a", url: `${origin.url}/base` }],
            healthCheck: { ...CHECK, path: "/health?full=1" },
          },
        ],
      },
    );
    await site.client().ask("/");
    const probes = () => origin.requests.filter(({ head }) => head.startsWith("GET /base/health?full=1 "));
    await expect.poll(() => probes().length).toBeGreaterThan(0);
    const head = probes()[0]?.head.toLowerCase() ?? "";
    expect(head).toContain("user-agent: moor-health-check");
    expect(head).toContain(`host: ${new URL(origin.url).host}`);
    expect(head).not.toMatch(/moor-session|cookie|authorization/);
  });

  it("goes through a service binding where requests do", async () => {
    const [behind, a] = origins as [RawOrigin, RawOrigin];
    const bound = { id: "bound", url: "http://inner.test", service: "SHOP" };
    await start(
      {},
      {
        pools: [{ id: "shop", origins: [bound, originConfig(a)], healthCheck: CHECK }],
        around: { services: { SHOP: new URL(behind.url).host } },
      },
    );
    await site.client().ask("/");
    await expect.poll(() => behind.requests.filter(isProbe).length).toBeGreaterThan(0);
    probesMeet(behind, "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
    await expect.poll(unhealthyAfterProbe).toEqual({ bound: "status" });
  });
});

describe("an origin that is killed while there are no visitors", () => {
  let running: RunningOrigin[] = [];
  afterEach(() => Promise.all(running.map((origin) => origin.kill())));

  it("is known to be dead before the next visitor would meet it, and known to be back", async () => {
    running = await Promise.all(names.map((name) => startOrigin(name)));
    site = await startSite(running, { explain: true, watched: true, pool: { healthCheck: CHECK } });
    const client = site.client();
    const home = (await client.ask("/")).told.server as string;
    let bystander = site.client();
    while ((await bystander.ask("/")).told.server === home) bystander = site.client();
    const origin = running.find(({ name }) => name === home) as RunningOrigin;
    await origin.kill();
    await expect.poll(unhealthyAfterProbe).toEqual({ [home]: "lost" });
    await crash();
    // The isolate reads the verdicts with its first request, which goes on without them if they do not come in time.
    for (const _ of [1, 2]) await bystander.ask("/");
    const answer = await client.ask("/", { method: "POST", body: "one order" });
    expect(answer.status).toBe(200);
    expect(answer.told.server).not.toBe(home);
    expect(explained(answer)).toContain("attempts=1");
    expect(events().filter(({ event }) => event === "origin_ejected")).toEqual([]);

    await origin.restart();
    await expect.poll(unhealthyAfterProbe).toEqual({});
    await crash();
    expect((await client.ask("/")).told.server).toBe(home);
  });
});

describe("a pool without a health check", () => {
  it("is not probed, and nothing is asked of KV", async () => {
    site = await startSite(origins);
    for (let request = 0; request < 3; request++) await site.client().ask("/");
    expect(origins.flatMap(({ requests }) => requests).filter(isProbe)).toEqual([]);
    expect((await site.moor.operationsInKv()).filter((operation) => operation.includes("p/"))).toEqual([]);
  });
});
