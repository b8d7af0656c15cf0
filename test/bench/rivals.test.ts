/** @needs haproxy nginx redis-server */
import { describe, expect, it } from "vitest";
import { RIVALS } from "../../bench/rivals/contestants.ts";
import { meetOutage } from "../../bench/rivals/outage.ts";
import { measureRivals } from "../../bench/rivals/rivals.ts";
import { Visitor } from "../../bench/rivals/visitor.ts";
import { startLocalOrigin } from "../support/node/local-origin.ts";

const { speeds, contestants } = await measureRivals("tiny", () => {});
const contestant = (name: string) => contestants.find((each) => each.name === name);

describe("Moor and its rivals", () => {
  it("all answer", () => {
    expect(speeds.map(({ name }) => name)).toEqual(Object.keys(RIVALS));
    for (const { speed } of speeds) {
      const { over, ...measured } = speed;
      const ratios = Object.values(over).flatMap((each) => Object.values(each));
      for (const { median } of [...Object.values(measured), ...ratios]) expect(median).toBeGreaterThan(0);
    }
  });

  it("all but the limits keep sessions", () => {
    const limits = ["honoLimit", "honoRules"];
    expect(contestants.map(({ name }) => name)).toEqual(Object.keys(RIVALS).filter((name) => !limits.includes(name)));
  });

  it("Moor without backup asks no Redis, and loses no change either", () => {
    const operations = { readAfterPause: { "object read": 1 }, readAgain: {}, change: { "object commit": 1 } };
    expect(contestant("moorOff")?.operations).toEqual(operations);
    expect(contestant("moorOff")?.atOnce).toEqual([expect.objectContaining({ lost: 0 })]);
  });

  it.each(["nginx", "haproxy"])("%s has its origins ask Redis twice, whatever the request", (name) => {
    const read = { "Redis get": 1, "Redis expire": 1 };
    const change = { "Redis get": 1, "Redis set": 1 };
    expect(contestant(name)?.operations).toEqual({ readAfterPause: read, readAgain: read, change });
  });

  it.each([
    ["honoKv", { "KV get": 1 }, { "KV get": 2, "KV put": 1 }],
    ["honoObjects", { "object read": 1 }, { "object read": 2, "object write": 1 }],
  ])("%s reads its store with each request, and writes it with each change", (name, read, change) => {
    expect(contestant(name)?.operations).toEqual({ readAfterPause: read, readAgain: read, change });
  });

  it("moor/hono asks no store again within seconds, and a change costs one call to an object", () => {
    const operations = { readAfterPause: { "object read": 1 }, readAgain: {}, change: { "object commit": 1 } };
    expect(contestant("honoMoor")?.operations).toEqual(operations);
    expect(contestant("honoMoor")?.atOnce).toEqual([expect.objectContaining({ lost: 0 })]);
  });

  it.each(["moor", "moorSync"])(
    "%s asks no store again within seconds, and a change costs one object and one script",
    (name) => {
      const { readAfterPause, readAgain, change } = contestant(name)?.operations ?? {};
      expect(readAfterPause).toEqual({ "object read": 1 });
      expect(readAgain).toEqual({});
      expect(change).toMatchObject({ "object commit": 1, "Redis eval": 1 });
    },
  );

  it.each(["moor", "moorSync"])("%s loses no change that it acknowledged, nor a session", (name) => {
    const { atOnce = [], originKilled = [], storesTaken = [] } = contestant(name) ?? {};
    expect(atOnce).toEqual([expect.objectContaining({ lost: 0 })]);
    expect(storesTaken.map(({ store }) => store)).toEqual(["Redis", "objects"]);
    for (const outage of [...originKilled, ...storesTaken.flatMap(({ outages }) => outages)]) {
      expect(outage).toMatchObject({ lostChanges: 0, lostSessions: 0, forgotten: 0 });
      expect(outage.requests).toBeGreaterThan(0);
    }
  });

  it.each(["nginx", "haproxy", "honoKv", "honoObjects", "honoMoor"])("%s cannot do without its store", (name) => {
    const [taken] = contestant(name)?.storesTaken ?? [];
    expect(taken?.outages[0]?.failed).toBeGreaterThan(0);
  });
});

describe("an outage", () => {
  it("shows its failures while it lasts, and the sessions that are lost after it", async () => {
    const shop = await forgetfulShop();
    const visitors = Array.from({ length: 5 }, (_, index) => new Visitor(shop.port, index));
    for (const visitor of visitors) await visitor.add();
    const load = { rate: 100, beforeMs: 0, duringMs: 0, afterMs: 0 };
    const outage = await meetOutage(visitors, load, shop.take, shop.giveBack);
    for (const visitor of visitors) visitor.close();
    await shop.stop();
    expect(outage).toMatchObject({ lostSessions: 5, visitors: 5 });
    // When the store is given back, each visitor may have a request on its way.
    expect(outage.failed).toBeGreaterThanOrEqual(SEEN);
    expect(outage.requests - outage.failed).toBeLessThanOrEqual(5);
    expect(outage.lostChanges).toBeGreaterThanOrEqual(5);
    expect(outage.forgotten).toBeGreaterThan(0);
    expect(outage.failingAfterMs).toBe(0);
  });
});

/** The answers that each part of the outage lasts for. */
const SEEN = 10;

/**
 * A shop that answers 503 while its store is taken. It has forgotten everything when the store is given back, and keeps
 * no data from then on.
 */
async function forgetfulShop() {
  let state: "whole" | "taken" | "forgetful" = "whole";
  const items = new Map<unknown, string[]>();
  const shop = await startLocalOrigin("shop");
  let answers = 0;
  shop.answers((request, response) => {
    answers++;
    const visitor = request.headers["cf-connecting-ip"];
    const kept = items.get(visitor) ?? [];
    items.set(visitor, kept);
    const [, added] = /^\/items\/(\w+)/.exec(request.url ?? "") ?? [];
    if (state === "whole" && added !== undefined) kept.push(added);
    response.statusCode = state === "taken" ? 503 : 200;
    const shown = state === "forgetful" ? [] : kept;
    response.end(JSON.stringify({ items: Object.fromEntries(shown.map((item) => [item, "1"])) }));
  });
  const to = (next: typeof state) => async () => {
    state = next;
    answers = 0;
    await expect.poll(() => answers).toBeGreaterThan(SEEN);
  };
  return { port: shop.port, take: to("taken"), giveBack: to("forgetful"), stop: shop.stop };
}
