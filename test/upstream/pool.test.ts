import { beforeEach, describe, expect, it } from "vitest";
import { createPool, MAX_ORIGINS_TRIED, type Pool } from "../../src/upstream/pool.ts";
import { poolConfig } from "../support/pools.ts";
import { at } from "../support/time.ts";

describe("choosing origins", () => {
  let pool: Pool;
  const choose = (seconds = 0, resendable = true) =>
    pool.choose("session-1", { resendable, now: at(seconds) }).map(({ id }) => id);
  const eject = (id: string | undefined, seconds = 0) => {
    const index = pool.config.origins.findIndex((origin) => origin.id === id);
    for (const _ of [1, 2]) pool.health.failed(index, at(seconds));
  };
  beforeEach(() => {
    pool = createPool(poolConfig(["a", "b", "c", "d", "e"]));
  });

  it("gives the best first, the same for the same key, and as many as one request may try", () => {
    const first = choose();
    expect(first).toHaveLength(MAX_ORIGINS_TRIED);
    expect(new Set(first).size).toBe(MAX_ORIGINS_TRIED);
    expect(choose()).toEqual(first);
  });

  it("spreads keys over all origins", () => {
    const firsts = Array.from({ length: 100 }, (_, i) => pool.choose(`s${i}`, { resendable: true, now: at(0) })[0]?.id);
    expect(new Set(firsts).size).toBe(5);
  });

  it("puts others before an ejected origin, and moves nobody else", () => {
    const [best, second, third] = choose();
    eject(second);
    expect(choose().slice(0, 2)).toEqual([best, third]);
    eject(best);
    expect(choose()[0]).toBe(third);
  });

  it("tries ejected origins last, not never, when the request could be sent again", () => {
    pool = createPool(poolConfig(["a", "b", "c"]));
    const [best, second, third] = choose();
    eject(best);
    expect(choose(0, true)).toEqual([second, third, best]);
    expect(choose(0, false)).toEqual([second, third]);
    eject(second);
    expect(choose(0, true)).toEqual([third, best, second]);
  });

  it("lets an origin prove itself only on a request that could be sent again", () => {
    const [best, second] = choose();
    eject(best);
    expect(choose(10, true)[0]).toBe(best);
    expect(choose(10, false)[0]).toBe(second);
  });

  it("brings a session back to its origin once that has answered", () => {
    const [best] = choose();
    eject(best);
    pool.health.answered(pool.config.origins.findIndex(({ id }) => id === best));
    expect(choose(0, false)[0]).toBe(best);
  });

  it("ignores health when no origin is left: it may be this isolate's own trouble", () => {
    const before = choose();
    for (const { id } of pool.config.origins) eject(id);
    expect(choose()).toEqual(before);
    expect(choose(10, false)).toEqual(before);
  });

  it("gives an origin's address without a slash at its end", () => {
    const given = poolConfig(["a"], { urls: ["http://a.test/base/"] });
    expect(createPool(given).choose("s", { resendable: true, now: at(0) })).toEqual([
      { id: "a", base: "http://a.test/base", index: 0 },
    ]);
  });
});
