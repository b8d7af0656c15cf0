import {
  contentOf,
  join,
  NO_HORIZON,
  newestStamp,
  type Operation,
  type State,
  stampAfter,
  written,
} from "../../src/session/states.ts";
import { createRandom } from "../torture/random.ts";

/** The rules that a play may take away. */
export type TakenAway =
  | "stamps above those carried"
  | "horizon of what was carried"
  | "seven seconds"
  | "names of their own";

/** The times of a play, in milliseconds. */
export interface PlayTimes {
  /** The longest that a request takes from its browser to the edge; its cookies are decided before. */
  readonly upMs: number;
  readonly slowestMs: number;
  /** The longest that a response takes to its browser. */
  readonly downMs: number;
  /** How far each edge's clock may be off. */
  readonly skewMs: number;
}

export const PROMISED: PlayTimes = { upMs: 60_000, slowestMs: 60_000, downMs: 5_000, skewMs: 1_000 };

/** What a play has found: acknowledged changes that are gone, and requests that were not shown what had arrived before they left. */
export interface Played {
  readonly acknowledged: number;
  readonly lost: number;
  readonly overwritten: number;
  readonly unseen: number;
  /** The most cookies that the browser has held at once. */
  readonly most: number;
}

const EMPTY: State = {
  version: 0,
  bornAt: 0,
  touchedAt: 0,
  idleDeadline: 0,
  absoluteDeadline: 0,
  returned: true,
  horizon: NO_HORIZON,
  attributes: {},
  flashes: [],
  operations: [],
};
const START_MS = 1_700_000_000_000;

interface Plan {
  readonly skew: number;
  readonly up: number;
  readonly work: number;
  readonly down: number;
  readonly writes: boolean;
  readonly shares: boolean;
  readonly lost: boolean;
}

interface Write {
  readonly id: string;
  /** The write of the shared attribute that its origin was shown. */
  readonly after: string | undefined;
}

/**
 * Plays parallel requests of one browser. Each sets an attribute of its own, and half of them set one that they share. A response that arrives
 * acknowledges its change.
 */
export function playBrowser(seed: number, times: PlayTimes = PROMISED, without?: TakenAway): Played {
  const random = createRandom(seed);
  const between = (most: number) => random.next() * most;
  const events: { at: number; order: number; run: () => void }[] = [];
  const at = (time: number, run: () => void) => events.push({ at: time, order: events.length, run });
  const jar = new Map<string, State>();
  const acknowledged: Write[] = [];
  const arrived = new Set<string>();
  const skews = [0, 1, 2].map(() => (random.next() - 0.5) * 2 * times.skewMs);
  let [names, unseen, most, leaves] = [0, 0, 0, START_MS];

  const steps = 4 + random.below(20);
  for (let step = 0; step < steps; step++) {
    const draw = random.next();
    leaves += draw < 0.6 ? between(300) : draw < 0.8 ? between(8_000) : between(90_000);
    const id = `op${step}`;
    const plan = {
      skew: skews[random.below(3)] as number,
      up: random.next() < 0.7 ? between(200) : between(times.upMs),
      work: random.next() < 0.85 ? between(1_500) : between(times.slowestMs),
      down: random.next() < 0.7 ? between(200) : between(times.downMs),
      writes: random.next() < 0.7,
      shares: random.next() < 0.5,
      lost: random.next() < 0.05,
    };
    const left = leaves;
    at(left, () => request(id, left, plan));
  }

  function request(id: string, left: number, plan: Plan) {
    const replaced = [...jar.keys()];
    const [first, ...others] = jar.values();
    const carried = first ? join([first, ...others]) : EMPTY;
    const { attributes } = contentOf(carried);
    for (const known of arrived) if (!Object.hasOwn(attributes, known)) unseen++;
    if (!plan.writes) return;
    const arrivedAt = left + plan.up + plan.skew;
    const done = left + plan.up + plan.work;
    at(done, () => {
      const own: Operation = {
        id,
        at: without === "stamps above those carried" ? done + plan.skew : stampAfter(carried, done + plan.skew),
        patches: [{ [id]: 1, ...(plan.shares ? { shared: id } : {}) }],
        flash: [],
        takes: [],
      };
      const state = written(carried, own, newestFor(carried, arrivedAt));
      at(done + plan.down, () => {
        if (!plan.lost)
          arrive(id, state, replaced, plan.shares ? (attributes.shared as string | undefined) : undefined);
      });
    });
  }

  function newestFor(carried: State, arrivedAt: number): number {
    if (without === "horizon of what was carried") return arrivedAt;
    const newest = newestStamp(carried);
    return without === "seven seconds" ? newest + 6_000 : newest;
  }

  function arrive(id: string, state: State, replaced: readonly string[], after: string | undefined) {
    if (without === "names of their own") jar.clear();
    for (const name of replaced) jar.delete(name);
    jar.set(`s${names++}`, state);
    most = Math.max(most, jar.size);
    acknowledged.push({ id, after });
    arrived.add(id);
  }

  while (events.length > 0) {
    events.sort((one, other) => one.at - other.at || one.order - other.order);
    const next = events.shift() as (typeof events)[number];
    next.run();
  }
  const [first, ...others] = jar.values();
  const { attributes } = contentOf(first ? join([first, ...others]) : EMPTY);
  const lost = acknowledged.filter(({ id }) => !Object.hasOwn(attributes, id)).length;
  const overwritten = acknowledged.filter(({ after }) => after !== undefined && after === attributes.shared).length;
  return { acknowledged: acknowledged.length, lost, overwritten, unseen, most };
}

/** The sums of many plays, and how many of them broke the promise. */
export function playBrowsers(plays: number, times: PlayTimes = PROMISED, without?: TakenAway) {
  const sum = { plays, broken: 0, acknowledged: 0, lost: 0, overwritten: 0, unseen: 0, most: 0 };
  for (let seed = 1; seed <= plays; seed++) {
    const { acknowledged, lost, overwritten, unseen, most } = playBrowser(seed, times, without);
    sum.acknowledged += acknowledged;
    sum.lost += lost;
    sum.overwritten += overwritten;
    sum.unseen += unseen;
    sum.most = Math.max(sum.most, most);
    if (lost + overwritten + unseen > 0) sum.broken++;
  }
  return sum;
}
