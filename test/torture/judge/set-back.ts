import type { History, Visit } from "../history.ts";
import { Facts, type Read } from "./facts.ts";
import type { Notice } from "./verdict.ts";

/**
 * Visits that may be shown something older, unsaid, where a backup may lag behind: something fails, and a slower response has
 * put an older token in the place of the one that knew what the browser had seen.
 */
export function findSetBack(history: History): Read[] {
  const facts = new Facts(history);
  return facts.reads.filter((read) => {
    const { held, shown, left, answered } = read;
    if (!held || shown.sid !== held.sid || !facts.inTrouble(left, answered)) return false;
    return facts
      .knownTo(read)
      .some((known) => known.answered.held?.sid === held.sid && known.answered.held.version > held.version);
  });
}

/** The history in which these visits were told that what they are shown may be stale. */
export function toldStale(history: History, reads: readonly Read[]): History {
  const told = (visit: Visit) => reads.some(({ id }) => id === visit.id);
  const visits = history.visits.map((visit) =>
    visit.shown && told(visit) ? { ...visit, shown: { ...visit.shown, stale: true } } : visit,
  );
  return { ...history, visits };
}

export function noticeSetBack(reads: readonly Read[]): Notice[] {
  return reads.map(({ id, shown }) => {
    const message = `visit ${id} leaves in an outage with an older token than its browser was given`;
    return { kind: "set-back", sid: shown.sid as string, message, ids: [id] };
  });
}
