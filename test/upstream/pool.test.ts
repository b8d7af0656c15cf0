import { beforeEach, describe, expect, it } from "vitest";
import { REGIONS } from "../../src/config/regions.ts";
import type { LogEntry } from "../../src/log.ts";
import type { ChoiceFacts } from "../../src/upstream/choose/order.ts";
import { pinOf } from "../../src/upstream/choose/pins.ts";
import { createPool, MAX_ORIGINS_TRIED, type Pool } from "../../src/upstream/pool.ts";
import { choiceFacts, OUTLIER_DETECTION, poolConfig } from "../support/pools.ts";
import { at } from "../support/time.ts";

describe("choosing origins", () => {
  let pool: Pool;
  const choose = (seconds = 0, resendable = true) =>
    pool.choose(choiceFacts("session-1"), { resendable, now: at(seconds) }).order.map(({ id }) => id);
  const indexOf = (id: string | undefined) => pool.config.origins.findIndex((origin) => origin.id === id);
  const eject = (id: string | undefined, seconds = 0) => pool.health.failed(indexOf(id), false, at(seconds));
  beforeEach(() => {
    pool = createPool(poolConfig(["a", "b", "c", "d", "e"]));
  });

  it("gives the best origin first, the same for the same key, and as many as one request may try", () => {
    const first = choose();
    expect(first).toHaveLength(MAX_ORIGINS_TRIED);
    expect(new Set(first).size).toBe(MAX_ORIGINS_TRIED);
    expect(choose()).toEqual(first);
  });

  it("spreads keys over all origins", () => {
    const firsts = Array.from(
      { length: 100 },
      (_, i) => pool.choose(choiceFacts(`s${i}`), { resendable: true, now: at(0) }).order[0]?.id,
    );
    expect(new Set(firsts).size).toBe(5);
  });

  it("puts other origins before an ejected origin, and moves no other session", () => {
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

  it("sends no visitor to an origin whose ejection is over until that origin has answered a check", () => {
    const [best, second] = choose();
    eject(best);
    expect([true, false].map((resendable) => choose(10, resendable)[0])).toEqual([second, second]);
    pool.health.passed(indexOf(best), false, at(10));
    expect([true, false].map((resendable) => choose(10, resendable)[0])).toEqual([best, best]);
  });

  it("prefers an origin whose ejection is over to origins that are ejected", () => {
    pool = createPool({ ...poolConfig(["a", "b", "c"]), panicThresholdPercent: 0 });
    const [best, second, third] = choose();
    eject(second);
    for (const id of [best, third]) eject(id, 5);
    expect(choose(10, false)).toEqual([second]);
  });

  it("brings a session back to its origin once that has answered", () => {
    const [best] = choose();
    eject(best);
    pool.health.answered(
      pool.config.origins.findIndex(({ id }) => id === best),
      false,
      at(0),
    );
    expect(choose(0, false)[0]).toBe(best);
  });

  it("ignores health when no origin is left: it may be this isolate's own trouble", () => {
    const before = choose();
    for (const { id } of pool.config.origins) eject(id);
    expect(choose()).toEqual(before);
    expect(choose(9, false)).toEqual(before);
  });

  it("counts an origin whose ejection is over as healthy for the panic threshold", () => {
    const [best, second, third, ...rest] = [...new Set([...choose(), ...pool.config.origins.map(({ id }) => id)])];
    for (const id of [best, second, third]) eject(id);
    eject(rest[0], 5);
    expect(choose(9, false)).toContain(best);
    expect(pool.panic.isOn).toBe(true);
    choose(10, false);
    expect(pool.panic.isOn).toBe(false);
  });

  it("keeps all sessions at their own origins, even for requests that cannot be sent again, when too few are healthy", () => {
    const before = choose();
    const [best, second, third, ...rest] = before.concat(
      pool.config.origins.map(({ id }) => id).filter((id) => !before.includes(id)),
    );
    for (const id of [best, second, third]) eject(id);
    expect(choose(0, false)).not.toContain(best);
    expect(pool.panic.isOn).toBe(false);
    eject(rest[0]);
    expect(choose(0, false)).toEqual(before);
    expect(pool.panic.isOn).toBe(true);
  });

  it("judges panic over the pool: a region that is gone is no panic, and its sessions leave it", () => {
    const zoned = poolConfig(["eu1", "eu2", "us1", "us2"]);
    const origins = zoned.origins.map((origin, index) => ({ ...origin, region: index < 2 ? "weur" : "enam" }) as const);
    pool = createPool({ ...zoned, origins, panicThresholdPercent: 50 });
    const home = REGIONS.indexOf("weur") + 1;
    const first = () => pool.choose(choiceFacts("s", { home }), { resendable: true, now: at(0) }).order[0]?.id;
    eject("eu1");
    eject("eu2");
    expect(first()).toMatch(/^us/);
    expect(pool.panic.isOn).toBe(false);
    eject("us1");
    expect(first()).toMatch(/^eu/);
    expect(pool.panic.isOn).toBe(true);
  });

  it("logs which origin was ejected, why and for how long, that it is back, and panic, each once", () => {
    const logged: LogEntry[] = [];
    const jittered = { ...OUTLIER_DETECTION, maxEjectionJitterSeconds: 2 };
    pool = createPool(
      { ...poolConfig(["a"]), outlierDetection: jittered },
      { log: (entry) => logged.push(entry), random: () => 0.5 },
    );
    eject("a");
    for (const _ of [1, 2, 3]) choose();
    pool.health.answered(0, false, at(1));
    for (const _ of [1, 2, 3]) choose(1);
    expect(logged).toEqual([
      { event: "origin_ejected", pool: "shop", origin: "a", cause: "silence", reason: "does not answer; for 11000 ms" },
      { event: "panic_began", pool: "shop" },
      { event: "origin_returned", pool: "shop", origin: "a" },
      { event: "panic_over", pool: "shop" },
    ]);
  });
});

describe("an origin that answers between its losses", () => {
  const pages = { resendable: true, now: at(1) };

  it("is tried once more after each lost connection, however many it has lost before", () => {
    const pool = createPool(poolConfig(["a", "b"]));
    for (let i = 0; i < 10; i++) {
      expect(pool.losses.isSecondTryDue(0)).toBe(true);
      pool.answered(0, new Response(), at(i), true, "session-1");
    }
  });

  it("is avoided by the session that has lost two pages there, though no check was due", () => {
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const facts = choiceFacts("session-1");
    const { own } = pool.choose(facts, pages);
    const index = own as number;
    pool.answered(index, new Response(), at(1), true, "session-2");
    const sender = { client: "session-1", session: "session-1" };
    for (const _ of [1, 2]) pool.losses.judge({ index, kind: "lost", sentAt: at(0) }, sender, "confirmed", at(1));
    const { order, isSteady } = pool.choose(facts, pages);
    expect([order[0]?.index === own, isSteady]).toEqual([false, false]);
  });
});

describe("a session's own origin", () => {
  const facts = choiceFacts("session-1");

  it("is that of its affinity, whatever is ejected, closed or pinned", () => {
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const chosen = (given: ChoiceFacts, seconds = 0) => {
      const { order, own } = pool.choose(given, { resendable: true, now: at(seconds) });
      return { first: order[0]?.index, own };
    };
    const [first, next] = pool.choose(facts, { resendable: true, now: at(0) }).order.map(({ index }) => index) as [
      number,
      number,
    ];
    expect(chosen(facts)).toEqual({ first, own: first });
    const pinned = { ...facts, pin: pinOf("shop", pool.origins[next]?.id ?? "") };
    expect(chosen(pinned)).toEqual({ first: next, own: first });

    pool.answered(first, new Response(null, { headers: { "Moor-Closed": "60" } }), at(0), true, "session-1");
    expect(chosen(facts)).toEqual({ first: next, own: first });

    pool.health.failed(first, false, at(100));
    expect(chosen(facts, 100)).toEqual({ first: next, own: first });
  });
});

describe("choosing for strict affinity", () => {
  it("holds on to the origin where the session was rebuilt", () => {
    const pool = createPool(poolConfig(ids));
    const pinned = choiceFacts("session-1", { pin: pinOf("shop", "c") });
    const chosen = () => pool.choose(pinned, { resendable: false, strict: true, now: at(0) }).order.map(({ id }) => id);
    expect(chosen()).toEqual(["c"]);
    pool.health.failed(2, false, at(0));
    expect(chosen()).toEqual([]);
  });

  const ids = ["a", "b", "c", "d", "e"];
  const strictly = (pool: Pool, seconds: number) =>
    pool
      .choose(choiceFacts("session-1"), { resendable: false, strict: true, now: at(seconds) })
      .order.map(({ id }) => id);

  it("gives the session's own origin and no other", () => {
    const pool = createPool(poolConfig(ids));
    const [own] = pool.choose(choiceFacts("session-1"), { resendable: true, now: at(0) }).order;
    expect(strictly(pool, 0)).toEqual([own?.id]);
  });

  it("gives no origin while that is ejected, until it has answered a check", () => {
    const pool = createPool(poolConfig(ids));
    const [own] = pool.choose(choiceFacts("session-1"), { resendable: true, now: at(0) }).order;
    pool.health.failed(own?.index as number, false, at(0));
    expect([0, 9.999, 10].map((seconds) => strictly(pool, seconds))).toEqual([[], [], []]);
    pool.health.passed(own?.index as number, false, at(10));
    expect(strictly(pool, 10)).toEqual([own?.id]);
  });

  it("gives it all the same when health is ignored", () => {
    const pool = createPool(poolConfig(["a"]));
    pool.health.failed(0, false, at(0));
    expect(strictly(pool, 0)).toEqual(["a"]);
  });
});
