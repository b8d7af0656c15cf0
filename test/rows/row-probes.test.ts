import { beforeEach, describe, expect, it } from "vitest";
import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import type { LogEntry } from "../../src/log.ts";
import type { SendProbe } from "../../src/objects/pool/pool-probes.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createProber, LOOK_EVERY_MS, type Prober } from "../../src/serve/prober.ts";
import { createStoreHealth } from "../../src/serve/store-health.ts";
import type { ProbeResult } from "../../src/upstream/live/pool-contracts.ts";
import { AWAY_MS } from "../objects/pool/pools.suite.ts";
import { ERROR, flags, PASSED, PLAN, type Published, planOf, testProbes } from "../objects/pool/probes.suite.ts";
import { changeOf } from "../support/pool-states.ts";
import { at, T0 } from "../support/time.ts";
import { known, processOf } from "./pools-world.ts";

interface Given {
  readonly clock: () => number;
  readonly log: (entry: LogEntry) => void;
  readonly random?: () => number;
  readonly probe: SendProbe;
}

/** The prober of one process. */
function proberOf(store: RowStore, given: Given, pool: string, plan = PLAN, by = "one"): Prober {
  const { clock, log, probe: send } = given;
  const { pools } = processOf(store, given);
  const storeHealth = createStoreHealth(store, clock);
  return createProber({ ask: { pool, plan, awayMs: AWAY_MS, by }, pools, send, storeHealth, clock, log });
}

testProbes("by a process of moor serve", (given) => {
  const { pool, clock, setClock } = given;
  const { store } = createRowsInMemory({ clock });
  const { pools } = processOf(store, given);
  const written: Published[] = [];
  let nextAt = clock();
  let last = PLAN;
  async function note() {
    const state = await pools.read(pool);
    if (state && state.version !== written.at(-1)?.state.version) written.push({ state, at: clock() });
  }
  return {
    async runUntil(seconds, plan = PLAN) {
      // A plan that is new is that of a process that has just begun.
      if (plan !== last) nextAt = clock();
      last = plan;
      const step = proberOf(store, given, pool, plan);
      while (nextAt <= at(seconds)) {
        setClock(Math.max(clock(), nextAt));
        nextAt = clock() + (await step()).waitMs;
        await note();
      }
      setClock(at(seconds));
    },
    look: () => known(pools.look(pool, { awayMs: AWAY_MS })),
    async change(change) {
      const changed = await known(pools.change(pool, { change, awayMs: AWAY_MS }));
      await note();
      return changed;
    },
    published: () => written,
  };
});

describe("the probers of several processes", () => {
  let now: number;
  let log: LogEntry[];
  let rows: RowsInMemory;
  let meets: ProbeResult;
  /** The processes that have sent probes, in order. */
  let sent: string[];
  const clock = () => now;

  beforeEach(() => {
    now = T0;
    log = [];
    meets = PASSED;
    sent = [];
    rows = createRowsInMemory({ clock });
  });
  interface Told {
    readonly store?: RowStore;
    readonly plan?: typeof PLAN;
    readonly clock?: () => number;
    readonly probe?: SendProbe;
  }
  function start(by: string, { store = rows.store, plan = PLAN, clock: own = clock, probe }: Told = {}): Prober {
    const send: SendProbe = async (target, check) => {
      sent.push(by);
      return probe ? probe(target, check) : meets;
    };
    return proberOf(store, { clock: own, log: (entry) => log.push(entry), probe: send }, "shop", plan, by);
  }
  /** Steps of processes, each when it has asked for it, until a time in seconds. */
  async function run(seconds: number, ...steps: readonly Prober[]): Promise<void> {
    const due = steps.map((step) => ({ step, at: now }));
    for (;;) {
      const next = due.reduce((one, other) => (other.at < one.at ? other : one));
      if (next.at > at(seconds)) break;
      now = Math.max(now, next.at);
      next.at = now + (await next.step()).waitMs;
    }
    now = at(seconds);
  }
  const state = () => processOf(rows.store, { clock, log: () => {} }).pools.read("shop");
  const unhealthy = async () => flags((await state()) ?? { schema: 1, version: 1, origins: [] });
  const away = (store: RowStore): RowStore => {
    const fault = { kind: "unavailable" as const, cause: new Error("the store is away") };
    return { ...store, read: async () => fault, write: async () => fault };
  };

  it("leave the probes to one of them, however many there are", async () => {
    await run(65, start("one"), start("two"), start("three"));
    expect(sent).toHaveLength(2 * 7);
    expect(new Set(sent).size).toBe(1);
    // An origin is due, and the process that probes is a little late.
    now = at(73);
    expect((await start("four")()).status).toBe("held");
    expect(sent).toHaveLength(2 * 7);
  });

  it("have another one go on when that one is gone: within its interval, the longest round and 20 seconds", async () => {
    await run(30, start("one"));
    sent.length = 0;
    const intervalAndRoundMs = 11_000 + PLAN.check.timeoutMs;
    await run(30 + (intervalAndRoundMs + 20_000) / 1_000, start("two"), start("three"));
    expect(new Set(sent).size).toBe(1);
    expect(sent.length).toBeGreaterThan(0);
  });

  it("do not begin anew when another one goes on: consecutive failures count across the change", async () => {
    meets = ERROR;
    await run(15, start("one"));
    expect(await unhealthy()).toEqual({});
    await run(50, start("two"));
    expect(await unhealthy()).toEqual({ a: "status", b: "status" });
  });

  it("write once in a round", async () => {
    let writes = 0;
    const counted: RowStore = {
      ...rows.store,
      write: (name, write) => {
        writes += 1;
        return rows.store.write(name, write);
      },
    };
    const one = start("one", { store: counted });
    await run(9, one);
    writes = 0;
    await run(59, one, start("two", { store: counted }));
    expect(sent).toHaveLength(2 * 6);
    expect(writes).toBe(5);
  });

  it("send nothing, and call no origin ill, while the store is away, and say so once", async () => {
    meets = ERROR;
    const one = start("one", { store: away(rows.store) });
    await run(60, one);
    expect([sent, await unhealthy()]).toEqual([[], {}]);
    expect(log).toEqual([{ event: "probing_paused", pool: "shop", reason: "store_unavailable" }]);
  });

  it("throw results away if the store goes away before they are kept", async () => {
    meets = ERROR;
    let isAway = false;
    const { store } = rows;
    const leaving: RowStore = { ...store, write: (name, write) => (isAway ? away(store) : store).write(name, write) };
    const probe: SendProbe = async () => {
      isAway = true;
      return ERROR;
    };
    const one = start("one", { store: leaving, probe });
    for (let n = 0; n < 5; n++) {
      expect((await one()).status).toBe("paused");
      isAway = false;
      now += 1_000;
    }
    expect(await unhealthy()).toEqual({});
    expect(log).toEqual([{ event: "probing_paused", pool: "shop", reason: "Error: the store is away" }]);
  });

  it.each([5_001, -5_001])(
    "send nothing from a process whose clock is %d ms apart from the store's",
    async (apartMs) => {
      await run(30, start("one", { clock: () => now + apartMs }));
      expect([sent, log]).toEqual([[], [{ event: "probing_paused", pool: "shop", reason: "clock_apart" }]]);
    },
  );

  it("throw away the results of a process that was so late that another one goes on", async () => {
    meets = ERROR;
    const two = start("two");
    const probe: SendProbe = async () => {
      if (now < at(60)) {
        now = at(60);
        await two();
      }
      return PASSED;
    };
    const { status, waitMs } = await start("one", { probe })();
    expect([status, waitMs]).toEqual(["lost", LOOK_EVERY_MS]);
    const { probes } = await known(
      processOf(rows.store, { clock, log: () => {} }).pools.look("shop", { awayMs: AWAY_MS }),
    );
    expect(probes?.a?.last?.result).toEqual(ERROR);
  });

  it("do not wait for one whose clock was a day ahead", async () => {
    const ahead = rows.store;
    // The store of that process tells the same wrong time.
    const wrong: RowStore = {
      ...ahead,
      read: async (name) => {
        const read = await ahead.read(name);
        return read.kind === "unavailable" ? read : { ...read, storeNow: now + 86_400_000 };
      },
    };
    await start("one", { store: wrong, clock: () => now + 86_400_000 })();
    expect(sent).toHaveLength(2);
    expect((await start("two")()).status).not.toBe("held");
  });

  it("keep the verdicts when an operator changes the pool at another process, and the other way round", async () => {
    meets = ERROR;
    const one = start("one");
    await run(25, one);
    const { pools } = processOf(rows.store, { clock, log: () => {} });
    await pools.change("shop", { change: changeOf("eject", { at: "now", anyway: true }), awayMs: AWAY_MS });
    expect(await unhealthy()).toEqual({ a: "status", b: "status" });
    meets = PASSED;
    await run(60, one);
    expect(await unhealthy()).toEqual({});
    expect((await state())?.origins).toMatchObject([{ id: "b", closures: [{ kind: "eject" }] }]);
  });

  it("tell a verdict again that the store has lost", async () => {
    meets = ERROR;
    const one = start("one");
    await run(18, one);
    await run(25, one);
    rows.setBack(10_000);
    expect(await unhealthy()).toEqual({});
    await run(60, one);
    expect(await unhealthy()).toEqual({ a: "status", b: "status" });
  });

  it("are not rung by the cron job, which has no way to origins", async () => {
    await run(5, start("one"));
    now = at(120);
    await known(processOf(rows.store, { clock, log: (entry) => log.push(entry) }).pools.ring("shop"));
    expect([sent.length, log]).toEqual([2, []]);
  });

  it("probe nothing that another configuration has: each probes the origins of its own", async () => {
    const asked: string[] = [];
    const probe: SendProbe = async ({ id }) => {
      asked.push(id);
      return PASSED;
    };
    await run(5, start("one", { probe, plan: planOf(["a", "gone"]) }));
    asked.length = 0;
    await run(100, start("two", { probe, plan: planOf(["a", "new"]) }));
    expect(new Set(asked)).toEqual(new Set(["a", "new"]));
  });
});
