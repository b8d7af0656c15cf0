import type { Endings, PossibleEnd } from "./endings.ts";
import { type Facts, generationOf, type Read } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/** No ended session comes back. */
export function judgeEnds(facts: Facts, endings: Endings, { othersMs }: Terms): Violation[] {
  return [
    ...backInStore(facts, endings),
    ...shownAgain(facts, endings),
    ...shownToOthers(facts, endings, othersMs),
    ...afterBeingTold(facts, endings),
  ];
}

function backInStore({ history }: Facts, endings: Endings): Violation[] {
  return Array.from(history.truths).flatMap(([sid, truth]) => {
    const end = truth.kind === "live" ? endings.endsOf(sid).find(({ acked }) => acked) : undefined;
    if (!end) return [];
    return [
      { kind: "revived", sid, message: `the session lives in the end, after the end by ${end.id}`, ids: [end.id] },
    ];
  });
}

/** Ended sessions that are shown to the browser that has ended them. */
function shownAgain(facts: Facts, endings: Endings): Violation[] {
  return facts.reads.flatMap((read) => {
    const { sid } = read.shown;
    if (sid === undefined) return [];
    const known = new Set(facts.knownTo(read).map(({ id }) => id));
    const end = endsFor(read, endings).find(({ id, acked }) => acked && known.has(id));
    if (!end) return [];
    const message = `visit ${read.id} is shown the session whose end was acknowledged to visit ${end.id} of the same browser`;
    return [{ kind: "revived", sid, message, ids: [end.id, read.id] }];
  });
}

/**
 * The ends after which a read may not be shown its session. A login whose generation no client was ever given does not
 * keep the session for others.
 */
function endsFor(read: Read, endings: Endings): PossibleEnd[] {
  const sid = read.shown.sid as string;
  const ofLost = endings.endsOfLost(sid).filter(({ generation }) => generationOf(read) <= generation);
  return [...endings.endsOf(sid), ...ofLost];
}

/** Ended sessions that are shown to other clients that hold the token. */
function shownToOthers(facts: Facts, endings: Endings, othersMs: number): Violation[] {
  return facts.reads.flatMap((read) => {
    const { sid } = read.shown;
    if (sid === undefined) return [];
    const end = endsFor(read, endings).find(({ acked }) => acked && facts.longestCalm(acked, read.left) >= othersMs);
    if (!end) return [];
    const message = `visit ${read.id} is shown the session more than ${othersMs} ms after the end by ${end.id} was acknowledged`;
    return [{ kind: "revived", sid, message, ids: [end.id, read.id] }];
  });
}

/**
 * Ended sessions that are shown to a browser that has been told, after any end or deadline, that the session is over.
 */
function afterBeingTold(facts: Facts, endings: Endings): Violation[] {
  return facts.reads.flatMap((read) => {
    const { sid } = read.shown;
    if (sid === undefined) return [];
    const told = facts.history.visits.find((visit) => {
      const { held, shown, answered, ask } = visit;
      if (!facts.knows(read, visit) || held?.sid !== sid || held.version === 0 || ask.kind === "end") return false;
      const isTold = answered?.outcome === "ended" || (answered?.outcome === "done" && shown?.sid !== sid);
      return isTold && !endings.mayBeRotated(visit) && !endings.mayHaveExpiredFor(visit);
    });
    if (!told) return [];
    const message = `visit ${read.id} is shown the session of which visit ${told.id} of the same browser was told that it is over`;
    return [{ kind: "revived", sid, message, ids: [told.id, read.id] }];
  });
}
