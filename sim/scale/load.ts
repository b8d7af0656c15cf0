import type { Workload } from "../../bench/cost/play.ts";
import prices from "../../bench/cost/prices.json" with { type: "json" };
import workloads from "../../bench/cost/workloads.json" with { type: "json" };
import type { Assumptions } from "./assumptions.ts";
import { BEGUN_AT, createFleet, type Fleet, type FleetOptions } from "./fleet.ts";
import type { Operation } from "./ledger.ts";
import { play, type Spreading } from "./play.ts";
import { createRandom, type Random } from "./random.ts";
import { mostInOneSecond, type Spread, spreadOf } from "./statistics.ts";
import { type Stay, stayOf } from "./visits.ts";

/** The operations that a sample of visitors of a workload caused. */
export interface Load {
  readonly workload: string;
  readonly spreading: Spreading;
  readonly isolatesPerLocation: number;
  readonly isolateLifeSeconds: number;
  readonly sessions: number;
  /** Routes without a session among them. */
  readonly requests: number;
  /** Requests of routes with a session. */
  readonly sessionRequests: number;
  /** How long a visitor is there, on average. */
  readonly seconds: number;
  /** All operations of all sessions, from the first request until no data is left. */
  readonly operations: Readonly<Record<Counted, number>>;
  /** Calls per second of each session's object while its visitor is there. */
  readonly callsPerSecond: Spread;
  /** Calls of each session's object within its fullest second. */
  readonly callsInOneSecond: Spread;
  /** The most writes of the same KV key within one second. */
  readonly kvWritesInOneSecond: number;
}

export const COUNTED = [
  "object call",
  "object change",
  "alarm",
  "row read",
  "row written",
  "KV read",
  "KV write",
  "KV write refused",
  "Redis command",
] as const satisfies Operation[];
export type Counted = (typeof COUNTED)[number];

/** How a sample is played. */
export interface LoadOptions {
  readonly workload: string;
  readonly sessions: number;
  readonly seed: number;
  readonly spreading: Spreading;
  readonly isolatesPerLocation: number;
  readonly isolateLifeSeconds: number;
  readonly connectionIdleSeconds: number;
  readonly config?: FleetOptions["config"];
}

export function workloadNamed(name: string): Workload {
  const found = (workloads as Workload[]).find((workload) => workload.name === name);
  if (!found) throw new TypeError(`no workload is named ${JSON.stringify(name)} in bench/cost/workloads.json`);
  return found;
}

/** Visitors of a workload who begin within its own length, so that never all are at the same step. */
export function staysOf(workload: Workload, sessions: number, random: Random): Stay[] {
  const lengthMs = stayOf(workload, random, BEGUN_AT).seconds * 1000;
  return Array.from({ length: sessions }, () => stayOf(workload, random, BEGUN_AT + random.next() * lengthMs));
}

/** Plays a sample of a workload on the whole of Moor until no data of its sessions is left. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const { seed, sessions, isolatesPerLocation, isolateLifeSeconds, spreading, config } = options;
  const random = createRandom(seed);
  const fleet: Fleet = createFleet({ random, isolateLifeSeconds, ...(config ? { config } : {}) });
  const stays = staysOf(workloadNamed(options.workload), sessions, random);
  const requests = await play(fleet, stays, { ...options, random });
  const { ledger } = fleet;
  await fleet.liveOut();
  const seconds = stays.reduce((sum, stay) => sum + stay.seconds, 0) / stays.length;
  const calls = [...ledger.timesByKey("object call").values()];
  // A visitor who asked for nothing to be kept has no object.
  const idle = Array.from({ length: Math.max(0, sessions - calls.length) }, () => 0);
  const operations = Object.fromEntries(COUNTED.map((name) => [name, ledger.count(name)])) as Record<Counted, number>;
  return {
    workload: options.workload,
    spreading,
    isolatesPerLocation,
    isolateLifeSeconds,
    sessions,
    requests,
    sessionRequests: ledger.count("request"),
    seconds,
    operations,
    callsPerSecond: spreadOf([...calls.map((times) => times.length / seconds), ...idle]),
    callsInOneSecond: spreadOf([...calls.map(mostInOneSecond), ...idle]),
    kvWritesInOneSecond: Math.max(0, ...Array.from(ledger.timesByKey("KV write").values(), mostInOneSecond)),
  };
}

/** The operations of the given number of simultaneous visitors, per second. */
export interface Total {
  readonly requests: number;
  readonly sessionRequests: number;
  readonly operations: Readonly<Record<Counted, number>>;
  /** Sessions that are made, and in the long run end. */
  readonly founded: number;
  /** Dollars for stores in a month of 30 days. */
  readonly dollars: number;
}

/** Adds up what sessions do on their own: per second, a session does what its sample did, divided by how long that took. */
export function totalOf(loads: readonly Load[], { visitors, mix }: Assumptions): Total {
  const operations = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<Counted, number>;
  let [requests, sessionRequests, founded] = [0, 0, 0];
  for (const { workload, share } of mix) {
    const load = loads.find((it) => it.workload === workload);
    if (!load) throw new TypeError(`assumptions.json names ${workload}, of which no sample was played`);
    const perSecond = (visitors * share) / (load.sessions * load.seconds);
    for (const name of COUNTED) operations[name] += load.operations[name] * perSecond;
    requests += load.requests * perSecond;
    sessionRequests += load.sessionRequests * perSecond;
    if (load.operations["object change"] > 0) founded += load.sessions * perSecond;
  }
  const dollars = COUNTED.reduce((sum, name) => sum + dollarsOf(name, operations[name]), 0);
  return { requests, sessionRequests, operations, founded, dollars };
}

const MONTH_SECONDS = 30 * 24 * 3600;

/** The price of each operation, in dollars per million. */
const PRICES: Partial<Record<Counted, number>> = {
  "object call": prices.objectRequests.price + prices.objectDuration.price,
  alarm: prices.objectRequests.price + prices.objectDuration.price,
  "row read": prices.rowsRead.price,
  "row written": prices.rowsWritten.price,
  "KV read": prices.kvReads.price,
  "KV write": prices.kvWrites.price,
  "Redis command": prices.redisCommands.price,
};

/** Dollars in a month of 30 days for so many operations a second. */
export function dollarsOf(operation: Counted, perSecond: number): number {
  return (perSecond * MONTH_SECONDS * (PRICES[operation] ?? 0)) / 1e6;
}
