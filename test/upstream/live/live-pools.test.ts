import { beforeEach, describe, expect, it } from "vitest";
import type { ResolvedPool } from "../../../src/config/resolved.ts";
import type { LogEntry } from "../../../src/log.ts";
import { createLivePools } from "../../../src/upstream/live/live-pools.ts";
import type { Pools } from "../../../src/upstream/live/pool-contracts.ts";
import type { PoolState } from "../../../src/upstream/live/pool-state.ts";
import { publish, readPublished } from "../../../src/upstream/live/published-states.ts";
import { createPool, type Pool } from "../../../src/upstream/pool.ts";
import { poolState } from "../../support/pool-states.ts";
import { choiceFacts, HEALTH_CHECK, poolConfig } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

const IDS = ["a", "b", "c", "d", "e"];
const probed: ResolvedPool = { ...poolConfig(IDS), healthCheck: HEALTH_CHECK };
let stored: Map<string, string>;
let reads: number;
let asked: Parameters<Pools["probe"]>[];
let log: LogEntry[];

beforeEach(() => {
  stored = new Map();
  reads = 0;
  asked = [];
  log = [];
});

const namespace = {
  async get(key: string) {
    reads++;
    return stored.get(key) ?? null;
  },
  async put(key: string, value: string) {
    stored.set(key, value);
  },
};
const never = () => Promise.reject(new Error("not asked for here"));
const pools: Pools = {
  look: never,
  change: never,
  see: never,
  totals: never,
  audit: never,
  audited: never,
  async probe(...given) {
    asked.push(given);
    return { kind: "probing" };
  },
};

/** A pool of an isolate that knows the published verdicts: until a time these origins are unhealthy by their probes. */
async function poolWith(unhealthy: readonly string[], { config = probed, hasOperators = false, until = 600 } = {}) {
  const flag = { since: T0, reason: "status", until: at(until) };
  const origins: PoolState["origins"] = unhealthy.map((id) => ({ id, closures: [], unhealthy: flag }));
  await publish(namespace, "shop", { ...poolState({}), origins });
  return isolate(config, hasOperators);
}
async function isolate(config: ResolvedPool, hasOperators: boolean): Promise<Pool> {
  const parts = {
    read: (pool: string) => readPublished(namespace, pool),
    pools,
    awayMs: 1_000,
    keepAlive: () => {},
    clock: () => T0,
    random: () => 0,
    log: () => {},
  };
  const pool = createPool(config, {
    live: createLivePools({ ...parts, hasOperators }),
    log: (entry) => log.push(entry),
  });
  await pool.live?.look(T0);
  return pool;
}
const choose = (pool: Pool, { resendable = true, strict = false, seconds = 0 } = {}) =>
  pool.choose(choiceFacts("session-1"), { resendable, strict, now: at(seconds) }).order.map(({ id }) => id);
const [best, second, third] = choose(createPool(poolConfig(IDS))) as [string, string, string];

describe("an origin that probes say is unhealthy", () => {
  it("has its sessions served by the next origin of their order, and no other session moves", async () => {
    expect(choose(await poolWith([best])).slice(0, 2)).toEqual([second, third]);
    expect(choose(await poolWith([second])).slice(0, 2)).toEqual([best, third]);
  });

  it("is tried last rather than never by requests that could be sent again; no other request meets it", async () => {
    const config = { ...poolConfig(["a", "b"]), healthCheck: HEALTH_CHECK };
    const [first = "", other] = choose(createPool(config));
    const pool = await poolWith([first], { config });
    expect(choose(pool)).toEqual([other, first]);
    expect(choose(pool, { resendable: false })).toEqual([other]);
  });

  it("is still its sessions' own, so that they are pinned to where they were moved", async () => {
    const pool = await poolWith([best]);
    const { own } = pool.choose(choiceFacts("session-1"), { resendable: true, now: at(0) });
    expect(own).toBe(IDS.indexOf(best));
  });

  it("is not asked for strict affinity either", async () => {
    expect(choose(await poolWith([best]), { strict: true })).toEqual([]);
  });

  it("has its sessions again when the verdict has not been confirmed: a prober that cannot probe says nothing", async () => {
    const pool = await poolWith([best]);
    expect(choose(pool, { seconds: 599.999 })[0]).toBe(second);
    expect(choose(pool, { seconds: 600 })[0]).toBe(best);
  });

  it("stays away though it answers requests: it is healthy only if both say so", async () => {
    const pool = await poolWith([best]);
    const index = IDS.indexOf(best);
    pool.health.failed(index, false, at(0));
    pool.health.answered(index, false, at(1));
    expect(choose(pool, { seconds: 2 })[0]).toBe(second);
  });

  it("counts for panic, and not for the share that outlier detection may eject", async () => {
    const outlierDetection = { ...probed.outlierDetection, maxEjectionPercent: 20 };
    const config = { ...probed, outlierDetection, panicThresholdPercent: 50 };
    const three = await poolWith([best, second, third], { config });
    expect(choose(three, { resendable: false })[0]).toBe(best);
    expect(log).toEqual([{ event: "panic_began", pool: "shop" }]);
    const two = await poolWith([best, second], { config });
    expect(choose(two, { resendable: false })[0]).toBe(third);
    two.health.failed(IDS.indexOf(third), false, at(0));
    expect(two.health.of(IDS.indexOf(third), at(0))).toBe("ejected");
  });

  it("is not in the configuration: that is no mistake", async () => {
    expect(choose(await poolWith(["z", "__proto__"]))).toEqual([best, second, third]);
  });
});

describe("a pool of an isolate", () => {
  it("has its object told the plan: every origin that may be chosen, and how", async () => {
    const [down, ...others] = probed.origins;
    const config = { ...probed, origins: [{ ...(down as (typeof others)[0]), down: true }, ...others] };
    await poolWith([], { config });
    const targets = IDS.slice(1).map((id) => ({ id, url: `http://${id}.test`, service: undefined }));
    expect(asked).toEqual([["shop", { plan: { check: HEALTH_CHECK, targets }, awayMs: 1_000 }]]);
  });

  it("that is not probed hears no verdicts of an earlier deploy, and asks for no verdicts", async () => {
    const pool = await poolWith([best], { config: poolConfig(IDS), hasOperators: true });
    expect([choose(pool)[0], asked, reads]).toEqual([best, [], 1]);
  });

  it("that is probed hears nothing of operators that there are not any more", async () => {
    await publish(namespace, "shop", poolState({ [best]: [{ kind: "eject", from: T0, endsAt: T0 }] }));
    expect(choose(await isolate(probed, false))[0]).toBe(best);
    expect(choose(await isolate(probed, true))[0]).toBe(second);
  });

  it("that is neither probed nor changed asks no store for anything", async () => {
    const pool = await poolWith([best], { config: poolConfig(IDS) });
    expect([pool.live, reads, asked]).toEqual([undefined, 0, []]);
  });
});
