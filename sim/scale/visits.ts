import type { Workload } from "../../bench/cost/play.ts";
import type { Random } from "./random.ts";

/** A request of a visitor. `times`: this many requests of a route without a session, which ask no store. */
export interface Visit {
  readonly at: number;
  readonly kind: string;
  readonly place: "home" | "far";
  readonly times: number;
}

/** The actions of a visitor, and how long the visitor stays. */
export interface Stay {
  readonly visits: readonly Visit[];
  /** Whether his cookies are sent back. */
  readonly keeps: boolean;
  readonly seconds: number;
}

const STEP_MS = 200;
/** So much longer or shorter than the workload says is the time between bursts. */
const JITTER = 0.2;

/**
 * A visitor of a workload, as `bench/cost/play.ts` reads it, who begins at `startsAt` (milliseconds) and is never quite
 * on time.
 */
export function stayOf(workload: Workload, random: Random, startsAt: number, elsewhere = false): Stay {
  const visits: Visit[] = [];
  let now = startsAt;
  let place: Visit["place"] = elsewhere ? "far" : "home";
  let keeps = true;

  function step(kind: string): void {
    if (kind.startsWith("+")) now += Number(kind) * 1000 * (1 + JITTER * (2 * random.next() - 1));
    else if (kind === "far") place = place === "far" ? "home" : "far";
    else if (kind === "forgets") keeps = false;
    else if (kind.endsWith(" assets")) visits.push({ at: now, kind: "asset", place, times: Number.parseInt(kind, 10) });
    else {
      now += STEP_MS * (1 + JITTER * (2 * random.next() - 1));
      visits.push({ at: Math.round(now), kind, place, times: 1 });
    }
  }

  workload.begin.forEach(step);
  for (let time = 0; time < workload.times; time++) {
    const startedAt = now;
    workload.burst.forEach(step);
    now = Math.max(now, startedAt + workload.everySeconds * 1000 * (1 + JITTER * (2 * random.next() - 1)));
  }
  workload.end?.forEach(step);
  return { visits, keeps, seconds: (now - startsAt) / 1000 };
}
