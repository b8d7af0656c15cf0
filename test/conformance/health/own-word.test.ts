import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";

const VISITORS = 30;

/** A site whose origins run in the test, with a visitor of one of them. */
async function openSite(pool: SiteOptions["pool"] = {}) {
  const origins = await Promise.all(["a", "b", "c"].map(startLocalOrigin));
  const site = await startSite(origins, {
    pool,
    routes: [
      { path: "/assets/*", pool: "shop", session: false },
      { path: "/*", pool: "shop" },
    ],
  });
  const client = site.client();
  const { text } = await client.ask("/");
  const home = origins.find(({ name }) => name === text) as LocalOrigin;
  const stop = async () => {
    await site.stop();
    await Promise.all(origins.map((origin) => origin.stop()));
  };
  return { site, client, home, stop };
}

/** Which origins new visitors meet, page and asset, from the next second on. */
async function metByNew(site: Site): Promise<Set<string>> {
  await pause(1_000 - (Date.now() % 1_000) + 5);
  const met = new Set<string>();
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    const client = site.client();
    met.add((await client.ask("/")).text);
    met.add((await client.ask("/")).text);
    met.add((await client.ask("/assets/a.css")).text);
  }
  return met;
}

describe.each([
  { what: "503 and Retry-After", status: 503, headers: { "Retry-After": "60" } },
  { what: "Moor-Closed", status: 200, headers: { "Moor-Closed": "60" } },
])("an origin that says $what", ({ status, headers }) => {
  let opened: Awaited<ReturnType<typeof openSite>>;
  beforeAll(async () => {
    opened = await openSite();
    const { home, client } = opened;
    home.answers((_, response) => response.writeHead(status, headers).end(home.name));
    const answer = await client.ask("/");
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty("moor-closed");
    home.answers((_, response) => response.end(home.name));
  });
  afterAll(() => opened.stop());

  it("gets no new session while it lasts", async () => {
    const { site, home } = opened;
    const met = await metByNew(site);
    expect(met).not.toContain(home.name);
    expect(met.size).toBe(2);
  });

  it("keeps its own, pages and changes and assets", async () => {
    const { client, home } = opened;
    for (const [path, method] of [
      ["/", "GET"],
      ["/", "POST"],
      ["/assets/a.css", "GET"],
    ] as const) {
      expect((await client.ask(path, { method })).text).toBe(home.name);
    }
  });

  it("is named in the log, once", async () => {
    const { site, home } = opened;
    const lines = () => site.moor.logged.filter((line) => line.includes("origin_closed"));
    await expect
      .poll(() => lines().map((line) => JSON.parse(line)))
      .toEqual([{ event: "origin_closed", pool: "shop", origin: home.name, reason: "for 60 s" }]);
  });
});

describe("an origin that has closed itself for a moment", () => {
  it("gets its share of new sessions when that is over", async () => {
    const { site, client, home, stop } = await openSite();
    home.answers((_, response) => response.writeHead(200, { "Moor-Closed": "2" }).end(home.name));
    await client.ask("/");
    home.answers((_, response) => response.end(home.name));
    await pause(2_100);
    expect(await metByNew(site)).toContain(home.name);
    await stop();
  });
});

describe("a word that is malformed", () => {
  it("fails its response with 502, as Moor's other headers do, and closes nothing", async () => {
    const { site, client, home, stop } = await openSite();
    home.answers((_, response) => response.writeHead(503, { "Moor-Closed": "1 min", "Retry-After": "60" }).end());
    const answer: Awaited<ReturnType<Client["ask"]>> = await client.ask("/");
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([502, "origin_change_refused"]);
    await expect
      .poll(() => site.moor.logged.join("\n"))
      .toContain('"header":"moor-closed","reason":"not 0 to 3600 seconds"');
    home.answers((_, response) => response.end(home.name));
    expect(await metByNew(site)).toContain(home.name);
    await stop();
  });

  it("on a route without sessions is dropped, even a well-formed word: it may come from a cache", async () => {
    const { site, client, home, stop } = await openSite();
    home.answers((_, response) => response.writeHead(200, { "Moor-Closed": "60" }).end(home.name));
    const { headers } = await client.ask("/assets/a.css");
    expect(headers).not.toHaveProperty("moor-closed");
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"origin_change_dropped"');
    home.answers((_, response) => response.end(home.name));
    expect(await metByNew(site)).toContain(home.name);
    await stop();
  });
});

describe("429 and Retry-After", () => {
  it.each([
    ["closes nothing: it is about one client", {}, 3],
    ["closes its origin where the pool says so", { closeOn: [503, 429] }, 2],
  ] as [string, SiteOptions["pool"], number][])("%s", async (_what, pool, serving) => {
    const { site, client, home, stop } = await openSite(pool);
    home.answers((_, response) => response.writeHead(429, { "Retry-After": "60" }).end());
    expect((await client.ask("/")).status).toBe(429);
    home.answers((_, response) => response.end(home.name));
    expect((await metByNew(site)).size).toBe(serving);
    await stop();
  });
});
