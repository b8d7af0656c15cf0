import { addedIn, type Facts, generationOf, type Read } from "./facts.ts";
import type { Violation } from "./verdict.ts";

/** Who holds a generation sees nothing of a later one: neither its principal nor what was added under it. */
export function judgeGenerations(facts: Facts): Violation[] {
  return facts.reads.flatMap((read) => {
    const { sid, principal } = read.shown;
    if (sid === undefined) return [];
    const generation = generationOf(read);
    const violations: Violation[] = [];
    if (principal !== undefined && !mayKnow(facts, read, generation)) {
      const message = `visit ${read.id} of generation ${generation} is shown a principal that logged in under a later one`;
      violations.push({ kind: "fixation", sid, message, ids: [read.id] });
    }
    for (const name of addedIn(read.shown)) {
      const write = facts.writes.find((written) => written.sid === sid && written.name === name);
      if ((write?.generation ?? 0) <= generation) continue;
      const message = `visit ${read.id} of generation ${generation} is shown ${name}, which was added under a later one`;
      violations.push({ kind: "fixation", sid, message, ids: [write?.id ?? read.id, read.id] });
    }
    return violations;
  });
}

/** Whether the principal logged in by a response that gave out this generation or one before it. */
function mayKnow({ history }: Facts, { shown }: Read, generation: number): boolean {
  return history.visits.some(
    ({ ask, answered }) =>
      ask.kind === "login" &&
      ask.principal === shown.principal &&
      answered?.held?.sid === shown.sid &&
      (answered?.held?.generation ?? 0) <= generation,
  );
}
