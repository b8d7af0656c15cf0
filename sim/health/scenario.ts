import type { FrontName, FrontSettings } from "./fronts.ts";
import type { Origin } from "./origins.ts";
import type { Visitor } from "./visitors.ts";

/** What a scenario counts, in the words of its table. */
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

/** What a front made of a scenario. */
export type Outcome = Partial<Record<Metric, number>>;

/** Who comes to a front that runs. */
export interface Audience {
  /** A visitor who has not been here. */
  stranger(): Visitor;
  /** Visitors with sessions, who know their origins. */
  visitors(count: number): Promise<Visitor[]>;
}

/** What a scenario plays with. */
export interface Stage<Server extends Origin> extends Audience {
  readonly origins: readonly Server[];
}

/** Starts a front before origins, and ends it when what is played there is over. */
export type RaiseFront = (
  origins: readonly Origin[],
  play: (audience: Audience) => Promise<Outcome>,
) => Promise<Outcome>;

/** Something that may happen to a pool, and what Moor must make of it. */
export interface Scenario {
  readonly name: string;
  /** What happens, in the words of the table. */
  readonly about: string;
  /** Default: all. */
  readonly fronts?: readonly FrontName[];
  /** Programs besides the fronts' own that it cannot do without. Default: none. */
  readonly needs?: readonly string[];
  readonly settings?: FrontSettings;
  /** The most that Moor may come to, of each metric. A scenario without bounds is there to be compared. */
  readonly bounds: Outcome;
  perform(raise: RaiseFront): Promise<Outcome>;
}

/** What happens to origins of a kind, which are started before it and end with it. */
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
