import type { Results } from "./results.ts";
import { METRICS, type Metric, type Outcome, type Scenario } from "./scenario.ts";

/** The counts of an outcome that exceed their bounds, in words. */
export function exceeded(outcome: Outcome, bounds: Outcome): string[] {
  return (Object.entries(bounds) as [Metric, number][]).flatMap(([metric, most]) => {
    const found = outcome[metric];
    return found !== undefined && found <= most ? [] : [`${METRICS[metric]}: found ${found}, at most ${most}`];
  });
}

/** The bounds that Moor does not hold, a line each. */
export function broken(results: Results, scenarios: readonly Scenario[]): string[] {
  const played = results.scenarios.flatMap((each) => {
    const bounds = scenarios.find(({ name }) => name === each.scenario)?.bounds;
    if (each.front !== "moor" || !bounds || !("outcome" in each)) return [];
    return exceeded(each.outcome, bounds).map((line) => `${each.scenario}: ${line}`);
  });
  const deaths = results.deaths.flatMap(({ death, perMinute, lostGets, lostPosts, lostTwice }) => {
    const about = `deaths, ${death}, ${perMinute} a minute`;
    return [
      ...(lostGets > 0 ? [`${about}: GETs lost: found ${lostGets}, at most 0`] : []),
      ...(lostTwice > 0 ? [`${about}: isolates that lost more than one POST: found ${lostTwice}, at most 0`] : []),
      ...(death === "refused" && lostPosts > 0 ? [`${about}: POSTs lost: found ${lostPosts}, at most 0`] : []),
    ];
  });
  const attacks = results.attacks.flatMap(({ drops, method, addresses, moved, refused }) => {
    const about = `attacks, ${drops}, ${method}, ${addresses} addresses`;
    const isHarmless = drops === "everywhere" || method === "POST" || addresses < MANY_ADDRESSES;
    return [
      ...(refused > 0 ? [`${about}: refused: found ${refused}, at most 0`] : []),
      ...(isHarmless && moved > 0 ? [`${about}: moved: found ${moved}, at most 0`] : []),
    ];
  });
  return [...played, ...deaths, ...attacks];
}

/**
 * If one origin loses the requests of this many addresses and another origin answers them, the first may look like a
 * failing origin.
 */
const MANY_ADDRESSES = 20;
