/** @needs chromium */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import type { Client } from "../../support/node/client.ts";
import { type ConsolePage, openConsole } from "../../support/node/console.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";

const [browser, ...origins] = await Promise.all([launchBrowser(), ...["a", "b", "c"].map((name) => startOrigin(name))]);
const pool = await startWatchedPool(origins, {
  isolates: 2,
  apart: true,
  admin: { console: true },
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
});
const { site, elapse, reported } = pool;
const { ports } = site.moor;
let console: ConsolePage;
beforeAll(async () => {
  console = await openConsole(browser, site);
});
afterAll(async () => {
  await browser.close();
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const VISITORS = 120;
const visitors: Client[] = Array.from({ length: VISITORS }, () => site.client());
let requests = 0;
/** Every visitor makes a request at each process. Returns how many requests each server has answered. */
async function load(): Promise<Record<string, number>> {
  const answered: Record<string, number> = {};
  await Promise.all(
    visitors.map(async (visitor) => {
      for (const port of ports) {
        const { server } = (await visitor.ask("/", { port })).told;
        requests++;
        answered[server] = (answered[server] ?? 0) + 1;
      }
    }),
  );
  return answered;
}
async function shown(path = ""): Promise<string> {
  expect(await console.open(path)).toBe(200);
  return console.text();
}
/** Every process reports all that it has counted, in a minute of its own. Then that minute is over. */
async function report(): Promise<void> {
  await elapse(61);
  for (const port of ports) await site.client().send("/", { port });
  requests += ports.length;
  await reported(requests);
  await elapse(60);
}
const isNear = (value: number, other: number, share: number) => Math.abs(value - other) <= other * share;

describe("an operator in an incident", () => {
  it("sees the requests of the last minute and the sessions of each origin as they are", async () => {
    await load();
    await report();
    const answered = await load();
    await report();
    const text = await shown();
    const ofMinute = Number(/([\d,]+) in the minute/.exec(text)?.[1]?.replace(",", ""));
    expect(isNear(ofMinute, VISITORS * ports.length, 0.05), `${ofMinute} requests`).toBe(true);
    for (const { name } of origins) {
      const sessions = Number(new RegExp(` ${name} open .*? (\\d+) ± 3 %`).exec(text)?.[1]);
      expect(isNear(sessions, (answered[name] ?? 0) / ports.length, 0.1), `${name}: ${sessions} sessions`).toBe(true);
    }
  });

  it("reads within 75 seconds which origin died, since when, who noticed, and that a drain of another is not safe", async () => {
    await origins[1]?.kill();
    const diedAt = pool.now();
    let text = "";
    for (let passed = 0; passed < 75 && !text.includes("2 of 2 isolates"); passed += 15) {
      await load();
      await elapse(15);
      text = await shown();
    }
    const [, time = ""] = /Origin shop\/b is ill\. Since (\d\d:\d\d:\d\d) UTC/.exec(text) ?? [];
    const since = Date.parse(`${new Date(diedAt * 1000).toISOString().slice(0, 10)}T${time}Z`) / 1000;
    expect(since - diedAt).toBeGreaterThanOrEqual(-1);
    expect(since - diedAt).toBeLessThan(75);
    expect(text).toContain("Noticed by 2 of 2 isolates");
    expect(text).toMatch(/because it (did not answer|lost requests that another origin answered)/);
    expect(text).toMatch(/Its \d+ sessions \(± 3 %\) are served by other origins/);
    expect(text).toContain("Draining a is not safe now: new sessions would also go to b");
    expect(text).toContain("Draining b is safe now");
  });

  it("reads within 75 seconds that it is back", async () => {
    await origins[1]?.restart();
    let text = "is ill";
    for (let passed = 0; passed < 75 && text.includes("is ill"); passed += 15) {
      await elapse(15);
      await load();
      text = await shown();
    }
    expect(text).not.toContain("is ill");
  });
});

describe("a drain by clicks that is undone by clicks", () => {
  it("keeps only sessions away that are born within as many seconds after its time, and moves nobody", async () => {
    const homes = async (bornAt: number) => new Set(await pool.servers(bornAt));
    const before = await pool.servers(pool.now() - 10);
    await shown("/pools/shop/origins/a/drain");
    await console.page.getByRole("button", { name: "Drain a" }).click();
    expect(await console.text()).toContain("Drain of shop/a: done");
    const [drained] = (await pool.standing("a")).next;
    const UNDONE_AFTER = 20;
    await elapse(UNDONE_AFTER);
    await shown("/pools/shop/origins/a/restore");
    await console.page.getByRole("button", { name: "Restore a" }).click();
    expect(await console.text()).toContain("Restore of shop/a: done");
    const from = Math.ceil((drained?.at ?? 0) / 1000);
    await elapse(240);
    for (const bornAt of [from - 60, from - 2, from + UNDONE_AFTER + 5, from + 60]) {
      expect(await homes(bornAt), `born ${bornAt - from} s after`).toContain("a");
    }
    for (const bornAt of [from + 1, from + UNDONE_AFTER - 5]) {
      expect(await homes(bornAt), `born ${bornAt - from} s after`).toEqual(new Set(["b", "c"]));
    }
    expect(await pool.servers(from - 100)).toEqual(before);
  });
});
