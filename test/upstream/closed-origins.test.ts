import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/log.ts";
import type { Learned } from "../../src/upstream/choose/learn.ts";
import { createPool, type Pool } from "../../src/upstream/pool.ts";
import { choiceFacts, OUTLIER_DETECTION, poolConfig } from "../support/pools.ts";
import { at } from "../support/time.ts";

describe("an origin that has closed itself to new sessions", () => {
  const closedFor = (seconds: number, status = 200) =>
    new Response(null, { status, headers: { "Moor-Closed": String(seconds) } });
  const say = (pool: Pool, index: number | undefined, response: Response, second = 0) =>
    pool.answered(index as number, response, at(second), true, "session-1");
  const choose = (pool: Pool, given: { bornAt?: number; learned?: Learned; strict?: boolean }, second = 1) =>
    pool
      .choose(choiceFacts("session-1", given), { resendable: true, strict: given.strict ?? false, now: at(second) })
      .order.map(({ id }) => id);
  const own = (pool: Pool) => pool.choose(choiceFacts("session-1"), { resendable: true, now: at(0) }).order[0]?.index;

  it("keeps its sessions; new sessions get the next origin of their order until its time is over", () => {
    const pool = createPool(poolConfig(["a", "b", "c", "d"]));
    const before = choose(pool, {});
    say(pool, own(pool), closedFor(30));
    expect(choose(pool, { bornAt: at(-1) })).toEqual(before);
    const moved = choose(pool, { bornAt: at(1) });
    expect(moved.slice(0, 2)).toEqual(before.slice(1));
    expect(moved).not.toContain(before[0]);
    expect(choose(pool, { bornAt: at(1) }, 30)).toEqual(before);
  });

  it("is left for good by the new sessions: they have begun elsewhere", () => {
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const index = own(pool) as number;
    const isLeft = (bornAt: number) => pool.isLeftForGood(choiceFacts("session-1", { bornAt }), index, at(1));
    say(pool, index, closedFor(30));
    expect([at(-1), at(1)].map(isLeft)).toEqual([false, true]);
  });

  it("serves new sessions all the same when no other origin is left", () => {
    const pool = createPool(poolConfig(["a", "b"]));
    const [best, second] = choose(pool, {});
    say(pool, own(pool), closedFor(30));
    expect(choose(pool, { bornAt: at(1) })).toEqual([second, best]);
    const failing = pool.config.origins.findIndex(({ id }) => id === second);
    pool.health.failed(failing, false, at(1));
    expect(choose(pool, { bornAt: at(1) })).toEqual([best, second]);
  });

  it("is not failing, though it says so with an error", () => {
    const pool = createPool({
      ...poolConfig(["a", "b"]),
      outlierDetection: { ...OUTLIER_DETECTION, consecutive5xx: 1 },
    });
    say(pool, 0, closedFor(30, 503));
    expect(pool.health.allHealthy()).toBe(true);
    say(pool, 0, new Response(null, { status: 503 }));
    expect(pool.health.allHealthy()).toBe(false);
  });

  it("keeps the sessions that the application has already, and all of strict affinity", () => {
    const pool = createPool(poolConfig(["a", "b", "c", "d"]));
    const before = choose(pool, {});
    const index = own(pool);
    say(pool, index, closedFor(30));
    expect(choose(pool, { bornAt: at(1), learned: { value: "x", origin: index } })[0]).toBe(before[0]);
    expect(choose(pool, { bornAt: at(1), learned: { value: undefined, origin: undefined } })[0]).toBe(before[1]);
    expect(choose(pool, { bornAt: at(1), strict: true })).toEqual(before.slice(0, 1));
  });

  it("is logged once until it opens", () => {
    const logged: LogEntry[] = [];
    const pool = createPool(poolConfig(["a"]), { log: (entry) => logged.push(entry) });
    for (const second of [0, 1, 29]) say(pool, 0, closedFor(30), second);
    say(pool, 0, closedFor(10), 60);
    expect(logged).toEqual([
      { event: "origin_closed", pool: "shop", origin: "a", reason: "for 30 s" },
      { event: "origin_closed", pool: "shop", origin: "a", reason: "for 10 s" },
    ]);
  });
});
