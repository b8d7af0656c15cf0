import type { ChildProcess } from "node:child_process";
import type { Seen } from "../http/load.ts";
import { measure, type Rounds } from "../http/rounds.ts";
import { quantile, type Spread, spread } from "../http/statistics.ts";
import type { Rival, RivalName } from "./contestants.ts";
import type { Plan } from "./plans.ts";
import { type Crowds, changesOf, readsAndChangesOf, readsOf } from "./requests.ts";

/** How fast a contestant is. */
export interface Speed {
  /** Each connection sends when it was answered. */
  readonly readsPerSecond: Spread;
  readonly changesPerSecond: Spread;
  /** The same, in each round divided by the numbers of a yardstick. */
  readonly over: Readonly<Record<Yardstick, { readonly reads: Spread; readonly changes: Spread }>>;
  /**
   * Latencies of each round at a fixed rate, from the time when each request was to start. One request in ten is a
   * change.
   */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

/** The contestants that the others are compared with. */
export const YARDSTICKS = ["nginx", "honoObjects"] as const satisfies readonly RivalName[];
export type Yardstick = (typeof YARDSTICKS)[number];

/**
 * Measures contestants in turn.
 *
 * The reads come last, so that a change by one of their visitors would make them fail. A settled read sets no cookie
 * at any contestant:
 *
 * - Moor and moor/hono set one after a change, a first return, and a tenth of the idle timeout, which is 72 minutes
 *   here. Moor also sets one after a move to another origin.
 * - express-session sets one for a new or a changed session only, because `rolling` is off.
 * - @hono/session sets one for a new session only, or for a session that it does not find.
 * - HAProxy sets its own for a visitor who names no origin, or an origin that is down.
 * - The limits know no cookies.
 */
export async function measureSpeed(
  load: ChildProcess,
  rivals: readonly (Rival & Crowds)[],
  { throughput, latency }: Pick<Plan, "throughput" | "latency">,
  say: (line: string) => void,
): Promise<Map<RivalName, Speed>> {
  const measured = (requestsOf: (crowds: Crowds, round: number) => string[], rounds: Rounds, isSettled = false) => {
    const contestants = rivals.map(({ name, port }) => ({
      name,
      port,
      pid: NO_PROCESS,
      requests: [] as string[],
      isSettled,
    }));
    return measure(load, contestants, rounds, (round) => {
      for (const [index, contestant] of contestants.entries()) {
        contestant.requests = requestsOf(rivals[index] as Crowds, round);
      }
    });
  };
  say("changes");
  const changes = await measured((crowds, round) => changesOf(crowds, `changes${round}`), throughput);
  say(`${latency.rate} requests/s`);
  const timed = await measured((crowds, round) => readsAndChangesOf(crowds, `timed${round}`), latency);
  say("reads");
  const reads = await measured(readsOf, throughput, true);
  const overOf = (name: RivalName, yardstick: Yardstick) => ({
    reads: spread(ratios(of(reads, name), of(reads, yardstick))),
    changes: spread(ratios(of(changes, name), of(changes, yardstick))),
  });
  return new Map(
    rivals.map(({ name }) => [
      name,
      {
        readsPerSecond: spread(of(reads, name).map(perSecond)),
        changesPerSecond: spread(of(changes, name).map(perSecond)),
        over: Object.fromEntries(YARDSTICKS.map((yardstick) => [yardstick, overOf(name, yardstick)])) as Speed["over"],
        p50Ms: spread(of(timed, name).map(latencyBelow(0.5))),
        p99Ms: spread(of(timed, name).map(latencyBelow(0.99))),
      },
    ]),
  );
}

function of(seen: ReadonlyMap<string, readonly Seen[]>, name: RivalName): readonly Seen[] {
  return seen.get(name) ?? [];
}

function ratios(slices: readonly Seen[], others: readonly Seen[]): number[] {
  return slices.map((slice, round) => perSecond(slice) / perSecond(others[round] as Seen));
}

/** The CPU of contestants that are many processes is not counted. */
const NO_PROCESS = 0;

function perSecond({ answered, seconds }: Seen): number {
  return answered / seconds;
}

function latencyBelow(share: number) {
  return ({ latenciesMs }: Seen) =>
    quantile(
      [...latenciesMs].sort((one, other) => one - other),
      share,
    );
}
