import type { Held, Visit } from "../history.ts";
import type { Endings } from "./endings.ts";
import { type Facts, targetOf } from "./facts.ts";
import type { Notice, Violation } from "./verdict.ts";

/** Nobody is logged out who has not ended his session, and whose deadlines have not passed. */
export function judgeLogouts(facts: Facts, endings: Endings): Violation[] {
  return facts.history.visits.flatMap((visit) => {
    const { id, held, answered, shown, left } = visit;
    if (!held || !answered || !isRefused(visit) || !wasKnown(facts, visit, held)) return [];
    const isOver = endings.mayHaveEnded(held.sid, answered) || endings.mayHaveExpired(held.sid, left, answered);
    if (isOver || endings.isSuperseded(visit)) return [];
    if (answered.outcome === "ended" && endings.mayBeRotated(visit)) return [];
    const how = answered.outcome === "ended" ? "told that its session is over" : `shown ${shown?.sid ?? "no session"}`;
    const message = `visit ${id} is ${how}, though nothing has ended it`;
    return [{ kind: "false-logout", sid: held.sid, message, ids: [id] }];
  });
}

/** No response takes a browser's login away. */
export function judgeProofs(facts: Facts, endings: Endings): (Violation | Notice)[] {
  return facts.history.visits.flatMap((visit): (Violation | Notice)[] => {
    const { id, held, left } = visit;
    if (!held || endings.mayHaveEnded(held.sid, left)) return [];
    const given = facts.knownTo(visit).filter(({ arrived }) => arrived?.held?.sid === held.sid);
    const newest = given.find(({ arrived }) => (arrived?.held?.generation ?? 0) > held.generation);
    if (!newest) return [];
    const wasInterrupted = facts
      .knownTo(visit)
      .some(({ answered, arrived }) => answered.held && answered.held.sid !== held.sid && arrived);
    const kind = wasInterrupted ? "login-displaced" : "login-undone";
    const message = `visit ${id} leaves without the proof of the generation that visit ${newest.id} was given`;
    return [{ kind, sid: held.sid, message, ids: [newest.id, id] }];
  });
}

/** Sessions that live, whose token another session's late response has replaced. */
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

/** Whether a visit was answered as if its session were not there. */
function isRefused({ held, answered, shown }: Visit): boolean {
  if (answered?.outcome === "ended") return true;
  return answered?.outcome === "done" && shown !== undefined && shown.sid !== held?.sid;
}

/** Whether the visit's browser knew of a session that exists. */
function wasKnown(facts: Facts, visit: Visit, held: Held): boolean {
  if (held.version > 0) return true;
  return facts
    .knownTo(visit)
    .some((read) => read.shown.sid === held.sid || (read.ask.kind !== "read" && targetOf(read) === held.sid));
}
