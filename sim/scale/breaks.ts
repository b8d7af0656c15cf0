import limits from "./limits.json" with { type: "json" };
import type { PoolAtWork } from "./pool-at-work.ts";
import type { Results } from "./results.ts";
import type { Sweep } from "./sweep.ts";

/** Something that has a limit, and how near the assumed size is to it. */
export interface Break {
  readonly what: string;
  /** At the assumed size, in the unit of the limit. */
  readonly load: number;
  readonly limit: number;
  readonly unit: string;
  /** At how many times the assumed size it breaks: below 1, it is broken there. */
  readonly factor: number;
  readonly by: "simulated" | "simulated, added up" | "on paper";
}

/** How old a journal is at least before Redis may forget it, as `src/store/redis/limits.ts` has it. */
const JOURNAL_HOURS = 24;
/**
 * The weight of a session's copy in memory with half a KiB of attributes, and the limit of all copies:
 * `src/store/memory.ts`.
 */
const COPY_BYTES = 1024;
const MEMORY_BYTES = 16 * 1024 * 1024;
const COPY_SECONDS = 5;
/** How often an origin is probed by default. */
const PROBE_INTERVAL_SECONDS = 10;

/** The parts that break first, in that order. */
export function breaksOf(results: Results): Break[] {
  const { total, loads, assumptions, outages, sweeps, hotSessions, origins } = results;
  const { isolatesPerLocation, locations } = assumptions;
  const isolates = isolatesPerLocation * locations;
  const redis = limits.redisCommands.perSecond;
  const object = limits.objectRequests.perSecond;
  const list: Break[] = [];
  const add = (what: string, load: number, limit: number, unit: string, by: Break["by"]) => {
    list.push({ what, load, limit, unit, factor: limit / load, by });
  };

  const outage = outages.find(({ traffic }) => traffic === "usual");
  if (outage) {
    const most = Math.max(...[outage.first, outage.during].map(({ perVisitor }) => perVisitor["Redis command"] ?? 0));
    add("Redis while a region is out", most * inRegion(results), redis, "commands/s", "simulated, added up");
    const clearing = clearingHours(results);
    if (clearing !== undefined) {
      add(
        "the sweep after it, compared with the life of a journal",
        clearing,
        JOURNAL_HOURS,
        "hours",
        "simulated, added up",
      );
    }
  }
  add("Redis, backups day by day", total.operations["Redis command"], redis, "commands/s", "simulated, added up");

  const pool = largestPool(results.poolsAtWork);
  if (pool) {
    const scale = isolates / (pool.locations * pool.isolatesPerLocation);
    const [deploy, drain] = [pool.calls.deploy.max * scale, pool.calls.drain.max * scale];
    add("a pool's object in the second in which a drain begins", drain, object, "calls/s", "simulated");
    add("a pool's object during a deploy", deploy, object, "calls/s", "simulated");
    const most = origins.at(-1);
    if (most) {
      const what = `the CPU of a pool's object during a deploy, ${most.origins.toLocaleString("en")} origins`;
      add(what, pool.asks.max * scale * most.askMs, 1000, "ms/s", "simulated");
    }
  }
  const hot = hotSessions.at(-1);
  if (hot) {
    const peak = (hot.callsInOneSecond * isolates) / hot.isolates;
    add("one session whose token machines everywhere share", peak, object, "calls/s", "simulated, added up");
  }
  const busiest = Math.max(...loads.map(({ callsInOneSecond }) => callsInOneSecond.max));
  add("a session's object, by its own visitor", busiest, limits.objectChanges.perSecond, "calls/s", "simulated");
  const swept = Math.max(...sweeps.map(({ subrequests }) => subrequests));
  add("subrequests of one sweep", swept, limits.subrequests.perInvocation, "calls", "simulated");
  const most = origins.at(-1);
  if (most) {
    const of = `${most.origins.toLocaleString("en")} origins`;
    add(`MOOR_CONFIG with ${of}`, most.configBytes, limits.variableBytes.bytes, "bytes", "on paper");
    add(`probing ${of}, all well`, most.roundSeconds, PROBE_INTERVAL_SECONDS, "s a round", "simulated");
    add(`probing ${of}, none answers`, most.deadRoundSeconds, PROBE_INTERVAL_SECONDS, "s a round", "simulated");
    add(`the state of ${of} in KV`, most.stateBytes, limits.kvValueBytes.bytes, "bytes", "simulated");
    add(`a row of a pool's object, ${of}`, most.rowBytes, limits.rowBytes.bytes, "bytes", "simulated");
  }
  const copies = (total.sessionRequests / isolates) * COPY_SECONDS * COPY_BYTES;
  add("copies in an isolate's memory that may still answer", copies, MEMORY_BYTES, "bytes", "on paper");
  return list.sort((one, other) => one.factor - other.factor);
}

/** Visitors whose sessions are stored in the region that fails. */
export function inRegion({ assumptions: { visitors, mix, regionShare }, loads }: Results): number {
  const stored = mix.filter(({ workload }) =>
    loads.some((load) => load.workload === workload && load.operations["object change"] > 0),
  );
  return visitors * regionShare * stored.reduce((sum, { share }) => sum + share, 0);
}

/** How long the sweep takes for all journals of a region's outage, if an outage was played. */
export function clearingHours(results: Results): number | undefined {
  const { outages, sweeps } = results;
  const outage = outages.find(({ traffic }) => traffic === "usual");
  const slowest = sweeps.toSorted((one, other) => other.roundTripMs - one.roundTripMs)[0];
  if (!outage || !slowest) return undefined;
  const pending = (outage.pending / outage.sessions) * inRegion(results);
  return pending / sweptPerMinute(slowest) / 60;
}

/** How many sessions the sweep takes over in a minute while there is enough to do. */
export function sweptPerMinute({ pending, perSweep, minutes }: Sweep): number {
  const [first = 0] = perSweep;
  return perSweep.length > 1 ? first : pending / minutes;
}

function largestPool(pools: readonly PoolAtWork[]): PoolAtWork | undefined {
  const busy = pools.filter(({ requestsPerIsolate }) => requestsPerIsolate > 1);
  return busy.toSorted((one, other) => other.isolatesPerLocation - one.isolatesPerLocation)[0];
}
