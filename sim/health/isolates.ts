import { createRandom } from "../scale/random.ts";
import { createIsolate, type Death } from "./isolate.ts";

/**
 * Many isolates of a pool whose origin `a` dies. Six visitors of each isolate send GETs and POSTs, 4 : 1, for ten
 * minutes.
 */
export interface DeathRow {
  readonly death: Death;
  /** Requests per minute and isolate. */
  readonly perMinute: number;
  readonly isolates: number;
  readonly requests: number;
  readonly lostGets: number;
  readonly lostPosts: number;
  /** Isolates that lost more than one POST. */
  readonly lostTwice: number;
  /** Requests that another origin has served after the first had failed. */
  readonly failovers: number;
  /** Isolates that have ejected the origin. */
  readonly ejected: number;
  /** Seconds from the death until the median of these isolates ejected the origin. */
  readonly medianS: number | undefined;
}

/** An attack on one isolate, in addition to 60 visitors, for half a minute. */
export interface AttackRow {
  /** `everywhere`: all origins drop the attacker's requests; `at-a`: only the origin `a` does. */
  readonly drops: "everywhere" | "at-a";
  readonly method: "GET" | "POST";
  readonly addresses: number;
  readonly attacks: number;
  /** Requests of visitors. */
  readonly requests: number;
  readonly moved: number;
  readonly refused: number;
  readonly ejections: number;
  /** How often each of the attacker's requests was sent. */
  readonly sendsEach: number;
  readonly questions: number;
}

const SEED = 20_261_121;
const BEGUN_AT = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const VISITORS = 60;

/** @param perMinute requests per minute and isolate. */
export async function playDeath(death: Death, perMinute: number, isolates: number): Promise<DeathRow> {
  const times: number[] = [];
  const counts = { requests: 0, lostGets: 0, lostPosts: 0, lostTwice: 0, failovers: 0 };
  for (let nth = 0; nth < isolates; nth++) {
    // Visitors do the same whatever the isolate draws.
    const [random, own] = [createRandom(SEED + nth), createRandom(nth)];
    const lostPostsBefore = counts.lostPosts;
    let now = BEGUN_AT;
    const killAt = BEGUN_AT + MINUTE_MS;
    const isolate = createIsolate(() => now, own);
    let isKilled = false;
    for (;;) {
      now += Math.max(1, Math.round(random.exponential(MINUTE_MS / perMinute)));
      if (now >= killAt + 10 * MINUTE_MS) break;
      if (!isKilled && now >= killAt) {
        isolate.kill(death);
        isKilled = true;
      }
      const visitor = random.below(6);
      const method = random.next() < 0.2 ? "POST" : "GET";
      const asked = { session: `i${nth}v${visitor}`, address: `10.${nth}.0.${visitor}`, method } as const;
      const { isServed, sends } = await isolate.ask(asked);
      if (!isKilled) continue;
      counts.requests++;
      if (!isServed) counts[method === "GET" ? "lostGets" : "lostPosts"]++;
      else if (sends > 1) counts.failovers++;
    }
    if (counts.lostPosts > lostPostsBefore + 1) counts.lostTwice++;
    const ejectedAt = isolate.ejectedAt();
    if (ejectedAt !== undefined) times.push(Math.round((ejectedAt - killAt) / 1_000));
  }
  const median = times.toSorted((one, other) => one - other)[times.length >> 1];
  return { death, perMinute, isolates, ...counts, ejected: times.length, medianS: median };
}

/** How an attack is led. */
export interface Attack extends Pick<AttackRow, "drops" | "method" | "addresses" | "attacks"> {
  /** Requests of visitors per second. */
  readonly visitsPerSecond: number;
}

export async function playAttack({ visitsPerSecond, ...attack }: Attack): Promise<AttackRow> {
  const { drops, method, addresses, attacks } = attack;
  const random = createRandom(SEED);
  let now = BEGUN_AT;
  const isolate = createIsolate(() => now, createRandom(0));
  const visit = (nth: number) => isolate.ask({ session: `v${nth}`, address: `172.16.0.${nth}`, method: "GET" });
  const homes: (string | undefined)[] = [];
  for (let nth = 0; nth < VISITORS; nth++) homes.push((await visit(nth)).by);

  const counts = { requests: 0, moved: 0, refused: 0 };
  const path = drops === "everywhere" ? "/drop" : "/drop-at-a";
  const visits = 30 * visitsPerSecond;
  let sends = 0;
  for (let nth = 0; nth < attacks; nth++) {
    now += Math.round(MINUTE_MS / 2 / attacks);
    sends += (await isolate.ask({ session: `x${nth}`, address: `9.9.9.${nth % addresses}`, method, path })).sends;
    const due = Math.floor(((nth + 1) * visits) / attacks);
    for (; counts.requests < due; counts.requests++) {
      const who = random.below(VISITORS);
      const { isServed, by } = await visit(who);
      if (!isServed) counts.refused++;
      else if (by !== homes[who]) counts.moved++;
    }
  }
  const sendsEach = Math.round((sends / attacks) * 100) / 100;
  const [ejections, questions] = [isolate.ejections(), isolate.questions()];
  return { ...attack, ...counts, ejections, sendsEach, questions };
}

/** How many isolates each row of deaths has. */
export const ISOLATES = 150;

/** The rows of deaths. */
export const DEATHS = (["lost", "refused"] as const).flatMap((death) =>
  [0.5, 2, 10, 60].map((perMinute) => ({ death, perMinute })),
);

const SIZES = [
  { addresses: 1, attacks: 60, visitsPerSecond: 1 },
  { addresses: 5, attacks: 60, visitsPerSecond: 1 },
  { addresses: 20, attacks: 200, visitsPerSecond: 20 },
  { addresses: 200, attacks: 600, visitsPerSecond: 20 },
];

/** The rows of attacks. */
export const ATTACKS: readonly Attack[] = (["everywhere", "at-a"] as const).flatMap((drops) =>
  (["GET", "POST"] as const).flatMap((method) => SIZES.map((size) => ({ drops, method, ...size }))),
);
