import type { History, Visit } from "../history.ts";
import { Facts, type Read } from "./facts.ts";
import type { Notice } from "./verdict.ts";

/**
 * Visits that may be shown an older view without a word, where a backup may lag behind. Something fails, and a slower
 * response has put an older token in the place of the browser's newest token.
 */
export function findSetBack(history: History): Read[] {
  const facts = new Facts(history, { backupMayLag: true });
  return facts.reads.filter((read) => {
    const { held, shown, left, answered } = read;
    if (!held || shown.sid !== held.sid || !facts.inTrouble(left, answered)) return false;
    return facts
      .knownTo(read)
      .some((known) => known.answered.held?.sid === held.sid && known.answered.held.version > held.version);
  });
}

/** The same history, in which these visits were told that their view may be stale. */
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
