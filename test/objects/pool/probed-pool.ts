import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { LogEntry } from "../../../src/log.ts";
import { PoolAuthority } from "../../../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import type { ProbeResult } from "../../../src/upstream/live/pool-contracts.ts";
import type { PoolState } from "../../../src/upstream/live/pool-state.ts";
import type { ProbePlan } from "../../../src/upstream/live/probe-plan.ts";
import { BETWEEN_KV_WRITES_MS } from "../../../src/upstream/live/published-states.ts";
import { uniqueId } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";
import { PASSED, PLAN, type ProbesGiven } from "./probes.suite.ts";

export const AWAY_MS = 3_600_000;
/** The time of the current test, milliseconds. */
export let now: number;
/** The states that were published, with their times. */
export let written: { state: PoolState; at: number }[];
/** The results of the probes of an origin. Probes of other origins pass. */
export let meets: Map<string, ProbeResult | (() => Promise<ProbeResult>)>;
/** The origins that probes have asked, with the times in seconds. */
export let sent: [id: string, seconds: number][];
/** The randomness and the fault of KV, which a test may choose, and the log. */
export const world = { random: 0, log: [] as LogEntry[], kvFault: undefined as Error | undefined };
/** The id of the pool of the current test. */
export let pool: string;

let given: ProbesGiven | undefined;

/** Begins a pool with an object of its own at {@link T0}. @param by the clock, the log and the origins of a suite. Default: those of this file. */
export function beginPool(by?: ProbesGiven): void {
  given = by;
  now = T0;
  Object.assign(world, { random: 0, log: [], kvFault: undefined });
  written = [];
  meets = new Map();
  sent = [];
  pool = by?.pool ?? `probed-${uniqueId()}`;
}

/** Works on the authority of the pool. Each call makes another instance, as after a reset. */
export function onAuthority<T>(work: (authority: PoolAuthority) => Promise<T>): Promise<T> {
  return runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => {
    const authority = new PoolAuthority({
      rows: new PoolRows(storage),
      alarms: storage,
      async publish(_pool, state) {
        if (world.kvFault) throw world.kvFault;
        written.push({ state, at: now });
      },
      betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
      async probe(target, check) {
        if (given) return given.probe(target, check);
        sent.push([target.id, (now - T0) / 1000]);
        const result = meets.get(target.id) ?? PASSED;
        return typeof result === "function" ? result() : result;
      },
      sendNote: async () => {},
      keepAlive: () => {},
      random: given?.random ?? (() => world.random),
      clock: () => now,
      log: given?.log ?? ((entry) => world.log.push(entry)),
    });
    return work(authority);
  });
}
export const storage = <T>(work: (storage: DurableObjectStorage) => T) =>
  runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, state) => work(state.storage));
export const alarmAt = () => storage((it) => it.getAlarm());
export const ask = (plan = PLAN) => onAuthority((authority) => authority.probe({ pool, plan, awayMs: AWAY_MS }));
export const look = () => onAuthority((authority) => authority.look({ awayMs: AWAY_MS }));
/**
 * The runs of the alarm up to a time in seconds, while isolates ask for a plan every two minutes. `null`: they do not
 * ask.
 */
export async function runUntil(seconds: number, plan: ProbePlan | null = PLAN): Promise<void> {
  let asksAt = plan ? now : Infinity;
  while (true) {
    const next = Math.min((await alarmAt()) ?? Infinity, asksAt);
    if (next > at(seconds)) break;
    setNow(Math.max(now, next));
    if (plan && next === asksAt) {
      await ask(plan);
      asksAt += 120_000;
    } else {
      await storage((it) => it.deleteAlarm());
      await onAuthority((authority) => authority.alarm());
    }
  }
  setNow(at(seconds));
}
function setNow(time: number): void {
  now = time;
  given?.setClock(time);
}
export const silently = (seconds: number) => runUntil(seconds, null);
/** The events in the log, each with its origin and reason. */
export const events = () => world.log.map(({ event, origin, reason }) => [event, origin, reason]);
