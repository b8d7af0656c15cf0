import { createDistantKv } from "../../emulation/distant-kv.ts";
import { createTally } from "../../src/totals/tally.ts";
import { createLivePools, type LivePool } from "../../src/upstream/live/live-pools.ts";
import type { Pools } from "../../src/upstream/live/pool-contracts.ts";
import { publish, readPublished } from "../../src/upstream/live/published-states.ts";
import { createReporter } from "../../src/upstream/live/reporter.ts";
import { BEGUN_AT } from "./fleet.ts";
import { createPoolObject, poolOf } from "./pool-object.ts";
import { createRandom } from "./random.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** A pool while a deploy, an ejection and a drain go over it, as all its isolates live through it. */
export interface PoolAtWork {
  readonly locations: number;
  readonly isolatesPerLocation: number;
  readonly requestsPerIsolate: number;
  /** Calls of the pool's object per second, by phase. */
  readonly calls: Readonly<Record<Phase, Spread>>;
  /** Of these, the asks for probes per second during the deploy. */
  readonly asks: Spread;
  /** Reads of the pool's key per second, all locations together. */
  readonly kvReads: Spread;
  /** Seconds from the ejection until an isolate serves a request that knows of it. */
  readonly known: Spread;
  /** Of requests by how long after the ejection (10 s each): the share that did not know. */
  readonly unknowing: readonly number[];
  /** Isolates that served a request by the state before when the drain, announced by its default, took effect. */
  readonly lateForDrain: number;
  /** Writes of the pool's key. */
  readonly puts: number;
}

export const PHASES = ["deploy", "next asking", "later", "drain"] as const;
export type Phase = (typeof PHASES)[number];

/** How a pool at work is played. */
export interface PoolAtWorkOptions {
  readonly locations: number;
  readonly isolatesPerLocation: number;
  readonly requestsPerIsolate: number;
  readonly deploySeconds: number;
  readonly seed: number;
}

const TICK_MS = 250;
const EJECT_AT = 400_000;
const DRAIN_AT = 600_000;
const ENDS_AT = 900_000;
const STEP_MS = 10_000;
const ORIGINS = 10;

/** All isolates begin within a deploy; each then has a request now and then. 400 s on, an operator ejects an origin; 600 s on, he drains another. */
export async function runPoolAtWork(options: PoolAtWorkOptions): Promise<PoolAtWork> {
  const { locations, isolatesPerLocation, requestsPerIsolate, deploySeconds, seed } = options;
  const random = createRandom(seed);
  let now = BEGUN_AT;
  const clock = () => now;
  const kv = createDistantKv({ clock: { now: clock, sleep: async () => {} }, random: random.next });
  const object = createPoolObject({
    clock,
    random,
    publish: async (state) => {
      puts++;
      await publish(kv.at("object"), "shop", state);
    },
  });
  const config = poolOf(ORIGINS);
  const calls: number[] = [];
  const asks: number[] = [];
  const reads: number[] = [];
  let puts = 0;
  let behind: Promise<unknown>[] = [];
  const called = <T>(answer: T): T => {
    calls.push(now - BEGUN_AT);
    return answer;
  };
  const pools: Pools = {
    look: (_, ask) => object.authority.look(ask),
    change: (pool, ask) => object.authority.change({ pool, ...ask }),
    see: (_, ask) => called(object.authority.see(ask)),
    audit: (_, ask) => object.authority.audit(ask),
    audited: (_, ask) => object.authority.audited(ask),
    totals: (_, ask) => object.authority.totals(ask),
    probe(pool, ask) {
      asks.push(now - BEGUN_AT);
      return called(object.authority.probe({ pool, ...ask }));
    },
  };
  const liveAt = Array.from({ length: locations }, (_, location) => {
    const local = kv.at(`location ${location}`);
    return createLivePools({
      read(pool) {
        reads.push(now - BEGUN_AT);
        return readPublished(local, pool);
      },
      pools,
      awayMs: 13 * 3_600_000,
      hasOperators: true,
      keepAlive: (work) => void behind.push(work),
      clock,
      random: random.next,
      log: () => {},
    });
  });
  const isolates = Array.from({ length: locations * isolatesPerLocation }, (_, i) => {
    const pool = liveAt[i % locations]?.(config) as LivePool;
    const reporter = createReporter({
      tally: createTally(),
      isolate: `isolate ${i}`,
      send: (ask) => pools.see("shop", { ...ask, awayMs: 13 * 3_600_000 }),
      state: () => ({ version: "1", config: "1", ejected: [], panics: false, open: [] }),
      keepAlive: (work) => void behind.push(work),
      random: random.next,
    });
    return { pool, reporter, bornAt: random.next() * deploySeconds * 1000, knewAt: -1, isLate: false };
  });
  const others = config.origins.map(({ id }) => id);
  const change = (action: "eject" | "drain", origin: string, at?: "now") =>
    pools.change("shop", {
      change: { action, origin, at, others: others.filter((id) => id !== origin), sessionLifeMs: 7 * 86_400_000 },
      awayMs: 13 * 3_600_000,
    });

  // A tick in which an isolate has many requests counts as one request, because an isolate looks for news and asks only
  // once in many seconds.
  const chance = 1 - Math.exp((-requestsPerIsolate * TICK_MS) / 1000);
  const chanceOfDrained = 1 - Math.exp((-requestsPerIsolate * TICK_MS) / 1000 / ORIGINS);
  const served = Array.from({ length: 20 }, () => ({ all: 0, unknowing: 0 }));
  let [hasEjected, hasDrained] = [false, false];
  let drainFrom = Infinity;
  for (let at = 0; at < ENDS_AT; at += TICK_MS) {
    now = BEGUN_AT + at;
    while (object.alarmAt() <= now) await object.ring();
    if (!hasEjected && at >= EJECT_AT) {
      hasEjected = true;
      await change("eject", "origin-1", "now");
    }
    if (!hasDrained && at >= DRAIN_AT) {
      hasDrained = true;
      const changed = await change("drain", "origin-2");
      const state = "state" in changed ? changed.state : undefined;
      drainFrom = state?.origins.find(({ id }) => id === "origin-2")?.closures.at(-1)?.from ?? Infinity;
    }
    const waits: Promise<unknown>[] = [];
    const asking: (typeof isolates)[number][] = [];
    for (const isolate of isolates) {
      if (at < isolate.bornAt || random.next() >= chance) continue;
      const wait = isolate.pool.look(now);
      if (wait !== undefined) waits.push(wait);
      asking.push(isolate);
    }
    // Isolates that have to wait for the state do so.
    await Promise.all(waits);
    for (const isolate of asking) {
      const closures = isolate.pool.closures();
      if (hasEjected) {
        const knows = closures?.has("origin-1") === true;
        if (knows && isolate.knewAt < 0) isolate.knewAt = at - EJECT_AT;
        const step = served[Math.floor((at - EJECT_AT) / STEP_MS)];
        if (step) {
          step.all++;
          if (!knows) step.unknowing++;
        }
      }
      if (now >= drainFrom && closures?.has("origin-2") !== true) isolate.isLate = true;
      if (now >= drainFrom && random.next() < chanceOfDrained / chance) {
        isolate.reporter.see("origin-2", `session ${random.below(1_000_000)}`);
      }
      isolate.reporter.counted(now);
    }
    while (behind.length > 0) {
      const work = behind;
      behind = [];
      await Promise.all(work);
    }
  }

  const drainsAt = drainFrom - BEGUN_AT;
  const perSecond = (times: readonly number[], from: number, until: number) => {
    const counts = Array<number>(Math.max(1, Math.ceil((until - from) / 1000))).fill(0);
    for (const time of times) {
      if (time < from || time >= until) continue;
      const second = Math.floor((time - from) / 1000);
      counts[second] = (counts[second] as number) + 1;
    }
    return spreadOf(counts);
  };
  return {
    locations,
    isolatesPerLocation,
    requestsPerIsolate,
    calls: {
      deploy: perSecond(calls, 0, 60_000),
      "next asking": perSecond(calls, 60_000, 180_000),
      later: perSecond(calls, 240_000, DRAIN_AT),
      drain: perSecond(calls, Math.min(drainsAt, ENDS_AT - 1000), ENDS_AT),
    },
    asks: perSecond(asks, 0, 60_000),
    kvReads: perSecond(reads, 60_000, ENDS_AT),
    known: spreadOf(isolates.filter(({ knewAt }) => knewAt >= 0).map(({ knewAt }) => knewAt / 1000)),
    unknowing: served.map(({ all, unknowing }) => (all === 0 ? 0 : unknowing / all)),
    lateForDrain: isolates.filter(({ isLate }) => isLate).length,
    puts,
  };
}

/** The most calls that the object gets within one second. */
export function peakOf({ calls }: PoolAtWork): number {
  return Math.max(...PHASES.map((phase) => calls[phase].max));
}
