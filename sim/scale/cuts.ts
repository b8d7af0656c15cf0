import type { Workload } from "../../bench/cost/play.ts";
import { BEGUN_AT, createFleet, type Fleet } from "./fleet.ts";
import type { Operation } from "./ledger.ts";
import { staysOf, workloadNamed } from "./load.ts";
import { play, type Spreading } from "./play.ts";
import { createRandom } from "./random.ts";
import { stayOf } from "./visits.ts";

/** The behaviour of visitors during an event that meets all of them at once. */
export interface Crowd {
  readonly sessions: number;
  readonly seed: number;
  readonly spreading: Spreading;
  readonly isolatesPerLocation: number;
  readonly connectionIdleSeconds: number;
}

/** A stretch of time and its counts, per visitor and second. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly perVisitor: Readonly<Partial<Record<Operation, number>>>;
}

/** Someone who has the site open: every second a request. */
export const LIVELY: Workload = {
  name: "a request each second",
  about: "logs in and asks for something each second",
  begin: ["page", "login"],
  times: 300,
  everySeconds: 1,
  burst: ["data"],
};

/** The effect of a deploy on the stores: all isolates are new at the same moment. */
export interface Deploy {
  readonly workload: string;
  readonly spreading: Spreading;
  readonly sessions: number;
  readonly stretches: readonly Stretch[];
}

const DEPLOY_AT_SECONDS = 200;
const SHOWN: readonly (readonly [number, number])[] = [
  [-60, 0],
  [0, 1],
  [1, 5],
  [5, 10],
  [10, 60],
];

export async function runDeploy(crowd: Crowd, workload: Workload): Promise<Deploy> {
  const { sessions, seed, spreading } = crowd;
  const random = createRandom(seed);
  const fleet = createFleet({ random, isolateLifeSeconds: 1e9 });
  const times = Math.ceil((DEPLOY_AT_SECONDS + 70) / workload.everySeconds);
  // All are there by then: they begin within a hundred seconds.
  const short = { ...workload, times: Math.max(1, Math.floor(100 / workload.everySeconds)) };
  const offsets = staysOf(short, sessions, random).map(({ visits }) => visits[0]?.at ?? BEGUN_AT);
  const stays = staysOf({ ...workload, times }, sessions, random).map((stay, i) => {
    const shift = (offsets[i] ?? BEGUN_AT) - (stay.visits[0]?.at ?? BEGUN_AT);
    return { ...stay, visits: stay.visits.map((visit) => ({ ...visit, at: visit.at + shift })) };
  });
  let isDue = true;
  await play(fleet, stays, {
    ...crowd,
    random,
    at(now) {
      if (!isDue || now < BEGUN_AT + DEPLOY_AT_SECONDS * 1000) return;
      isDue = false;
      fleet.deploy();
    },
  });
  const stretches = SHOWN.map(([from, until]) =>
    stretchOf(fleet, DEPLOY_AT_SECONDS, from, until, sessions, ["request", "object call", "KV read"]),
  );
  return { workload: workload.name, spreading, sessions, stretches };
}

/** The effect of a region's outage: its objects cannot be reached, and calls to them fail at once. */
export interface Outage {
  readonly sessions: number;
  /** Of these, the share whose objects live in another region. */
  readonly elsewhere: number;
  /**
   * `usual`: a shop's visitors and readers of pages; `busy`: all visitors meet the same isolate, each with a request a
   * second.
   */
  readonly traffic: "usual" | "busy";
  readonly outageSeconds: number;
  readonly before: Stretch;
  readonly first: Stretch;
  readonly during: Stretch;
  readonly after: Stretch;
  /** Sessions whose journal holds something when the region is back. */
  readonly pending: number;
  /** Two minutes later: sessions that Redis still has noted, though their visitors are back. */
  readonly pendingLater: number;
  /** Of requests during the outage whose object was there: the share that Redis answered, since the isolate's breaker was open. */
  readonly spared: number;
}

const OUTAGE_COUNTED: readonly Operation[] = [
  "request",
  "answered by memory",
  "answered by kv",
  "answered by object",
  "answered by redis",
  "answered by unavailable",
  "failed",
  "journaled",
  "object call",
  "object call in vain",
  "Redis command",
];
const AFTER_SECONDS = 120;

/** Visitors near the region that fails: some whose objects it has, and travellers whose objects are elsewhere. */
export async function runOutage(
  crowd: Crowd,
  { traffic, elsewhere, outageSeconds }: Pick<Outage, "traffic" | "elsewhere" | "outageSeconds">,
): Promise<Outage> {
  const { sessions, seed } = crowd;
  const random = createRandom(seed);
  const goesAfter = traffic === "busy" ? 60 : 600;
  const goesAt = BEGUN_AT + goesAfter * 1000;
  const backAt = goesAt + outageSeconds * 1000;
  const isDown = () => fleet.now() >= goesAt && fleet.now() < backAt;
  const fleet: Fleet = createFleet({
    random,
    isolateLifeSeconds: 600,
    isUp: (home) => home !== "home" || !isDown(),
  });
  const browse = traffic === "busy" ? LIVELY : workloadNamed("signed-in browse");
  const shop = traffic === "busy" ? LIVELY : workloadNamed("shop");
  const own = 1 - elsewhere;
  const abroad = { ...browse, begin: [...browse.begin, "far"] };
  const stays = [...crowdOf(shop, 0.4 * own), ...crowdOf(browse, 0.6 * own), ...crowdOf(abroad, elsewhere, true)];
  const travellersFrom = stays.length - Math.round(sessions * elsewhere);
  const ofTravellers = { all: 0, redis: 0 };
  let pending = -1;
  const count = async () => {
    const sets = await Promise.all(Array.from({ length: 64 }, (_, set) => fleet.fallback.pending(set, 0, 1e6)));
    return sets.reduce((sum, set) => sum + (set.kind === "ids" ? set.ids.length : 0), 0);
  };
  const watch: Promise<void>[] = [];
  await play(fleet, stays, {
    ...crowd,
    random,
    at(now) {
      if (pending < 0 && now >= backAt) {
        pending = 0;
        watch.push(
          count().then((found) => {
            pending = found;
          }),
        );
      }
    },
    answered(visitor, from) {
      if (visitor < travellersFrom || !isDown()) return;
      ofTravellers.all++;
      if (from === "redis") ofTravellers.redis++;
    },
  });
  await Promise.all(watch);
  const pendingLater = await count();
  const stretch = (from: number, until: number) => stretchOf(fleet, goesAfter, from, until, sessions, OUTAGE_COUNTED);
  return {
    sessions,
    elsewhere,
    traffic,
    outageSeconds,
    before: stretch(-goesAfter / 3, 0),
    first: stretch(0, outageSeconds / 10),
    during: stretch(outageSeconds / 10, outageSeconds),
    after: stretch(outageSeconds, outageSeconds + AFTER_SECONDS),
    pending,
    pendingLater,
    spared: ofTravellers.all === 0 ? 0 : ofTravellers.redis / ofTravellers.all,
  };

  /** The visitors who began before the event and are still there after it. */
  function crowdOf(workload: Workload, share: number, isAbroad = false) {
    const seconds = goesAfter + outageSeconds + AFTER_SECONDS;
    const long = { ...workload, times: Math.ceil(seconds / workload.everySeconds) + 1, end: [] };
    // The visitors begin one by one within the first half of the time before.
    return Array.from({ length: Math.round(sessions * share) }, () => {
      const stay = stayOf(long, random, BEGUN_AT, isAbroad);
      const shift = Math.round((random.next() * goesAfter * 1000) / 2);
      const visits = stay.visits.map((visit) => ({ ...visit, at: visit.at + shift }));
      return { visits: visits.filter(({ at }) => at < BEGUN_AT + seconds * 1000), keeps: true, seconds };
    });
  }
}

function stretchOf(
  { ledger }: Fleet,
  zeroSeconds: number,
  from: number,
  until: number,
  sessions: number,
  operations: readonly Operation[],
): Stretch {
  const zero = BEGUN_AT / 1000 + zeroSeconds;
  const per = (operation: Operation) =>
    ledger.between(operation, zero + from, zero + until) / (until - from) / sessions;
  return { from, until, perVisitor: Object.fromEntries(operations.map((name) => [name, per(name)])) };
}
