import type { FrontName, FrontSettings } from "./fronts.ts";
import type { Origin } from "./origins.ts";
import type { Visitor } from "./visitors.ts";

/** The counts of a scenario, in the words of its table. */
export const METRICS = {
  refused: "refused",
  moved: "moved",
  lostGets: "GETs lost",
  lostPosts: "POSTs lost",
  away: "away from home",
  fullest: "at the fullest origin",
  crashed: "origins crashed",
  sends: "sends",
  questions: "questions",
  late: "answers above 0.9 s",
  slowestMs: "slowest, ms",
  requests: "requests",
  ejections: "ejections",
} as const;

export type Metric = keyof typeof METRICS;

/** The outcome of a scenario with a front. */
export type Outcome = Partial<Record<Metric, number>>;

/** The visitors of a front that runs. */
export interface Audience {
  /** A visitor who has not been here. */
  stranger(): Visitor;
  /** Visitors with sessions, who know their origins. */
  visitors(count: number): Promise<Visitor[]>;
}

/** The parts that a scenario plays with. */
export interface Stage<Server extends Origin> extends Audience {
  readonly origins: readonly Server[];
}

/** Starts a front before origins, and ends it when what is played there is over. */
export type RaiseFront = (
  origins: readonly Origin[],
  play: (audience: Audience) => Promise<Outcome>,
) => Promise<Outcome>;

/** An event that may happen to a pool, and the result that Moor must reach. */
export interface Scenario {
  readonly name: string;
  /** The event, in the words of the table. */
  readonly about: string;
  /** Default: all. */
  readonly fronts?: readonly FrontName[];
  /** Programs other than the fronts' own that the scenario needs. Default: none. */
  readonly needs?: readonly string[];
  readonly settings?: FrontSettings;
  /** The most that Moor may come to, of each metric. A scenario without bounds is there to be compared. */
  readonly bounds: Outcome;
  perform(raise: RaiseFront): Promise<Outcome>;
}

/** The play of events on origins of a kind. The origins are started before it and end with it. */
export function performedBy<Server extends Origin>(
  start: () => Promise<readonly Server[]>,
  play: (stage: Stage<Server>) => Promise<Outcome>,
): Scenario["perform"] {
  return async (raise) => {
    const origins = await start();
    try {
      return await raise(origins, (audience) => play({ ...audience, origins }));
    } finally {
      await Promise.all(origins.map((origin) => origin.kill()));
    }
  };
}
