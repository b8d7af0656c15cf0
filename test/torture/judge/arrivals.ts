import type { History } from "../history.ts";

/**
 * The history as a browser sees it that is itself the store: a visit is answered when its response arrives. A response that never arrives
 * acknowledges nothing.
 */
export function answeredByArrival(history: History): History {
  const visits = history.visits.map((visit) => {
    const { answered, arrived } = visit;
    if (!answered) return visit;
    if (!arrived) return { ...visit, answered: { ...answered, outcome: "failed" as const } };
    return { ...visit, answered: { ...answered, tick: arrived.tick, ms: arrived.ms } };
  });
  return { ...history, visits };
}
