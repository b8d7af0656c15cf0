import { adoptedFrom } from "../history.ts";
import { addedIn, type Facts, generationOf, isFresh, principalAsked, type Read } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/** The holder of a generation sees nothing of a later generation: neither its principal nor its added attributes. */
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

/** Once a generation has been used, the generation before is served for its grace and no longer. */
export function judgeGrace(facts: Facts, { graceMs, othersMs }: Terms): Violation[] {
  return facts.reads.flatMap((read) => {
    const { sid } = read.shown;
    if (sid === undefined) return [];
    const use = facts.reads.find(
      (other) =>
        other.shown.sid === sid &&
        generationOf(other) > generationOf(read) &&
        facts.isCalm(other.left, other.answered) &&
        facts.longestCalm(other.answered, read.left) >= graceMs + othersMs,
    );
    if (!use) return [];
    const message = `visit ${read.id} is shown the session though visit ${use.id} has used a later generation long before`;
    return [{ kind: "overdue", sid, message, ids: [use.id, read.id] }];
  });
}

/** A client that was told that its login is done is shown the principal, as long as it holds that generation. */
export function judgeLogins(facts: Facts): Violation[] {
  return facts.reads.filter(isFresh).flatMap((read) => {
    const { sid, principal } = read.shown;
    if (sid === undefined || principal !== undefined) return [];
    const login = facts
      .knownTo(read)
      .find(
        (known) =>
          principalAsked(known) !== undefined &&
          known.answered.held?.sid === sid &&
          known.answered.held.generation <= generationOf(read),
      );
    if (!login) return [];
    const message = `visit ${read.id} is shown no principal, though the login by visit ${login.id} was acknowledged`;
    return [{ kind: "stale-read", sid, message, ids: [login.id, read.id] }];
  });
}

/** Whether the principal logged in by a response that gave out this generation or an earlier one. */
function mayKnow({ history }: Facts, { shown }: Read, generation: number): boolean {
  const isOfOldLogin = history.visits.some(
    ({ old }) => old?.name === adoptedFrom(shown) && old?.person === shown.principal,
  );
  if (isOfOldLogin) return true;
  return history.visits.some(
    (visit) =>
      principalAsked(visit) === shown.principal &&
      visit.answered?.held?.sid === shown.sid &&
      (visit.answered?.held?.generation ?? 0) <= generation,
  );
}
