import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Region } from "../../../src/config/regions.ts";
import { type RawOrigin, startRawOrigin } from "../../support/node/raw-origin.ts";
import { originConfig, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

const REQUESTS = 200;
const BUDGET = { budgetPercent: 10, minRetries: 5 };
/** The budget counts over this time. */
const WINDOW_MS = 10_000;

const origins = await Promise.all(["a", "b", "c"].map(startRawOrigin));
const site = await startSite(origins, { explain: true, pool: { retryBudget: BUDGET } });
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

describe("a storm of failures", () => {
  it("brings origins no more than the requests and the pool's retry budget", async () => {
    for (const origin of origins) origin.answers((_, socket) => socket.destroy());
    const begunAt = performance.now();
    const answers = [];
    for (let round = 0; round < REQUESTS / 10; round++) {
      const clients = Array.from({ length: 10 }, () => site.client());
      answers.push(...(await Promise.all(clients.map((client) => client.ask("/")))));
    }
    expect(answers.every(({ status }) => status === 502)).toBe(true);

    const reached = origins.reduce((sum, { requests }) => sum + requests.length, 0);
    // On a busy machine the requests may take longer than a window, and each window has the minimum.
    const windows = Math.ceil((performance.now() - begunAt) / WINDOW_MS);
    const budget = (REQUESTS * BUDGET.budgetPercent) / 100 + windows * BUDGET.minRetries;
    expect(reached).toBeGreaterThan(REQUESTS);
    expect(reached).toBeLessThanOrEqual(REQUESTS + budget);
    const spent = answers.filter((answer) => explained(answer).includes("; retry=budget"));
    expect(spent.length).toBeGreaterThan(REQUESTS / 2);
    const lines = () => site.moor.logged.filter((line) => line.includes("unreachable; the retry budget is spent"));
    await expect.poll(lines).toHaveLength(spent.length);
  });

  it("is over as soon as they answer", async () => {
    for (const origin of origins) {
      origin.answers((_, socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    }
    for (let request = 0; request < 20; request++) expect((await site.client().ask("/")).text).toBe("ok");
  });
});

describe("a burst that meets an isolate which has just begun", () => {
  const PARIS = { "CF-Blob": JSON.stringify({ colo: "CDG", continent: "EU", longitude: "2.3" }) };
  /** Late enough for every request of the burst to be sent before the first is lost. */
  const LOST_AFTER_MS = 200;

  /**
   * Sends so many requests at once. The first `dead` origins fail every request. Returns the number of answers other
   * than 200, and of requests at each origin.
   */
  async function burst(
    requests: number,
    dead: number,
    regions: readonly (Region | undefined)[],
    fails = (socket: Socket): unknown => socket.destroy(),
  ) {
    const all = await Promise.all(regions.map((_, index) => startRawOrigin(`origin-${index}`)));
    const region = (index: number) => regions[index] && { region: regions[index] };
    const pool = { id: "shop", origins: all.map((origin, index) => ({ ...originConfig(origin), ...region(index) })) };
    const fresh = await startSite([], { pools: [pool] });
    const lose: Parameters<RawOrigin["answers"]>[0] = async (_, socket) => {
      await pause(LOST_AFTER_MS);
      fails(socket);
    };
    for (const origin of all.slice(0, dead)) origin.answers(lose);
    const clients = Array.from({ length: requests }, () => fresh.client());
    const answers = await Promise.all(clients.map((client) => client.ask("/", { headers: PARIS })));
    const reached = all.map((origin) => origin.requests.length);
    const later = await Promise.all(clients.map((client) => client.ask("/", { headers: PARIS })));
    await fresh.stop();
    await Promise.all(all.map((origin) => origin.stop()));
    const failedOf = (some: typeof answers) => some.filter(({ status }) => status !== 200).length;
    return { failed: failedOf(answers), again: failedOf(later), reached };
  }

  it("costs no GET while two of three origins are well, nor much more than a retry for each that was lost", async () => {
    const { failed, reached } = await burst(150, 1, [undefined, undefined, undefined]);
    expect(failed).toBe(0);
    const [lost = 0, ...well] = reached;
    expect(well.reduce((sum, requests) => sum + requests, 0)).toBe(150);
    expect(lost).toBeGreaterThan(10);
  });

  const REGIONS = ["weur", "weur", "enam", "enam"] as const;
  const isRefused = (socket: Socket) =>
    socket.write("HTTP/1.1 521 Down\r\nServer: cloudflare\r\nContent-Length: 0\r\n\r\n");

  it("costs no GET though all of them are of a region that is gone, where Cloudflare says that nothing was sent", async () => {
    const { failed, reached } = await burst(40, 2, REGIONS, isRefused);
    expect(failed).toBe(0);
    expect(reached.slice(2).reduce((sum, requests) => sum + requests, 0)).toBe(40);
  });

  it("costs each GET of a region that is gone at most once, where both of its origins may have taken them", async () => {
    const { failed, again } = await burst(40, 2, REGIONS);
    expect(failed).toBeLessThanOrEqual(40);
    expect(again).toBe(0);
  });
});
