import type { ChildProcess } from "node:child_process";
import type { Seen } from "../http/load.ts";
import { measure } from "../http/rounds.ts";
import { quantile, type Spread, spread } from "../http/statistics.ts";
import { requestText } from "../http/visitors.ts";
import type { Rival, RivalName } from "./contestants.ts";
import type { Plan } from "./plans.ts";
import type { Visitor } from "./visitor.ts";

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

/** An item gets the other value each time, so that each change really changes it. */
const VALUES = ["a".repeat(64), "b".repeat(64)] as const;
const READS_PER_CHANGE = 9;

/** Measures contestants in turn; `crowds` are their visitors. */
export async function measureSpeed(
  load: ChildProcess,
  rivals: readonly (Rival & { readonly crowd: readonly Visitor[] })[],
  { throughput, latency }: Pick<Plan, "throughput" | "latency">,
  say: (line: string) => void,
): Promise<Map<RivalName, Speed>> {
  const asking = (requestsOf: (texts: Texts) => string[]) =>
    rivals.map(({ name, port, crowd }) => ({ name, port, pid: NO_PROCESS, requests: requestsOf(textsOf(crowd)) }));
  say("reads");
  const reads = await measure(
    load,
    asking(({ reads }) => reads),
    throughput,
  );
  say("changes");
  const changes = await measure(
    load,
    asking(({ changes }) => changes.flat()),
    throughput,
  );
  say(`${latency.rate} requests/s`);
  const mixed = asking(({ reads, changes }) =>
    changes.flatMap((each) => [...each, ...Array.from({ length: READS_PER_CHANGE }, () => reads).flat()]),
  );
  const timed = await measure(load, mixed, latency);
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

interface Texts {
  readonly reads: string[];
  /** For each value. */
  readonly changes: string[][];
}

function textsOf(crowd: readonly Visitor[]): Texts {
  return {
    reads: crowd.map(({ cookie, address }) => requestText("/", { cookie, address })),
    changes: VALUES.map((value) =>
      crowd.map(({ cookie, address }) => requestText(`/items/i0/${value}`, { method: "POST", cookie, address })),
    ),
  };
}

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
