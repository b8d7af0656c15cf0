import type { Held, Visit } from "../history.ts";
import type { Endings } from "./endings.ts";
import { type Facts, founds, targetOf } from "./facts.ts";
import type { Notice, Terms, Violation } from "./verdict.ts";

/** No visitor is logged out before they end their session or a deadline passes. */
export function judgeLogouts(facts: Facts, endings: Endings, terms: Terms): Violation[] {
  return facts.history.visits.flatMap((visit) => {
    const { id, held, answered, shown } = visit;
    if (!held || !answered || !isRefused(visit) || !wasKnown(facts, visit, held)) return [];
    const isOver = endings.mayHaveEnded(held.sid, answered, held.generation) || endings.mayHaveExpiredFor(visit);
    if (isOver) return [];
    if (isForked(visit) && endings.isBesideRotation(visit, terms.parallelMs - terms.slackMs)) {
      const message = `visit ${id} asks for a rotation beside another, and is put into another session`;
      return [{ kind: "false-logout", sid: held.sid, message, ids: [id] }];
    }
    if (endings.isSuperseded(visit)) return [];
    const isShown = answered.outcome === "done" && shown?.sid === held.sid;
    if ((answered.outcome === "ended" || isShown) && endings.mayBeRotated(visit)) return [];
    const message = `visit ${id} is ${refusalOf(visit)}, though nothing has ended it`;
    return [{ kind: "false-logout", sid: held.sid, message, ids: [id] }];
  });
}

/** No response leaves a client with cookies that end before the idle timeout that its request has begun anew. */
export function judgeLifetimes(facts: Facts, endings: Endings): Violation[] {
  // A touch acknowledges nothing, so a store that was set back may have lost it without a word.
  if (facts.history.setBacks.length > 0) return [];
  return facts.reads.flatMap((read) => {
    const { id, answered, untouched } = read;
    const { sid, expiresAt } = answered.held ?? {};
    if (sid === undefined || expiresAt === undefined || untouched) return [];
    const earlyMs = endings.isPromisedUntil(read) - expiresAt;
    if (earlyMs <= 0 || endings.mayHaveEnded(sid, answered)) return [];
    const message = `visit ${id} is answered with cookies that end ${earlyMs} ms before their time`;
    return [{ kind: "false-logout", sid, message, ids: [id] }];
  });
}

/** No response takes a browser's login away. */
export function judgeProofs(facts: Facts, endings: Endings): (Violation | Notice)[] {
  return facts.history.visits.flatMap((visit): (Violation | Notice)[] => {
    const { id, held, left } = visit;
    if (!held || endings.mayHaveEnded(held.sid, left) || hasLoggedOut(facts, visit)) return [];
    const given = facts.knownTo(visit).filter(({ arrived }) => arrived?.held?.sid === held.sid);
    const newest = given.find(({ arrived }) => (arrived?.held?.generation ?? 0) > held.generation);
    if (!newest) return [];
    // Every answer that has arrived counts, even if it came before another browser's cookies were copied.
    const wasInterrupted = facts.reads.some(
      ({ browser, answered, arrived }) =>
        browser === visit.browser &&
        answered.held &&
        answered.held.sid !== held.sid &&
        arrived &&
        arrived.tick < left.tick,
    );
    const kind = wasInterrupted ? "login-displaced" : "login-undone";
    const message = `visit ${id} leaves without the proof of the generation that visit ${newest.id} was given`;
    return [{ kind, sid: held.sid, message, ids: [newest.id, id] }];
  });
}

/**
 * Whether the visit's browser has asked for an end that was carried out, even if it only ended the view of an older
 * generation.
 */
function hasLoggedOut({ history }: Facts, { browser, held, left }: Visit): boolean {
  return history.visits.some(
    ({ browser: own, ask, held: ended, answered }) =>
      own === browser &&
      ask.kind === "end" &&
      ended?.sid === held?.sid &&
      answered?.outcome === "done" &&
      answered.tick < left.tick,
  );
}

/** Living sessions whose token another session's late response has replaced. */
export function noticeDisplaced(facts: Facts, endings: Endings): Notice[] {
  return facts.reads.flatMap((read) => {
    const { id, arrived, held } = read;
    const before = arrived?.before;
    if (!arrived || !before || before.version === 0 || arrived.held?.sid === before.sid) return [];
    if (held?.sid === before.sid || endings.mayHaveEnded(before.sid, arrived)) return [];
    const message = `the response to visit ${id} puts another session in the place of a living one`;
    return [{ kind: "displaced", sid: before.sid, message, ids: [id] }];
  });
}

/** Whether a visit was answered as if its session did not exist, or was put into another session. */
function isRefused({ held, answered, shown, ask }: Visit): boolean {
  if (answered?.outcome === "ended") return true;
  if (answered?.outcome !== "done" || shown === undefined) return false;
  return shown.sid !== held?.sid || (ask.kind !== "end" && answered.held?.sid !== held?.sid);
}

/** Whether a rotation without a login has put its browser into another session than it was shown. */
function isForked({ ask, held, shown, answered }: Visit): boolean {
  if (ask.kind !== "rotate" || answered?.outcome !== "done" || shown?.sid !== held?.sid) return false;
  if (answered.held?.sid === held?.sid) return false;
  return !ask.adds || (held?.generation ?? 0) > 0;
}

function refusalOf({ held, answered, shown }: Visit): string {
  if (answered?.outcome === "ended") return "told that its session is over";
  return shown?.sid === held?.sid ? "put into another session" : `shown ${shown?.sid ?? "no session"}`;
}

/** Whether the visit's browser knew of a session that exists. */
function wasKnown(facts: Facts, visit: Visit, held: Held): boolean {
  if (held.version > 0) return true;
  return facts
    .knownTo(visit)
    .some((read) => read.shown.sid === held.sid || (founds(read) && targetOf(read) === held.sid));
}
