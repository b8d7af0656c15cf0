import { adoptedFrom, type History, type Visit } from "../history.ts";
import type { Endings } from "./endings.ts";
import { asksToRotate, type Facts, type Read } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/** The cookie of the old application opens one session, until its token has come back, and a login keeps its session to itself. */
export function judgeAdoptions(facts: Facts, endings: Endings, terms: Terms): Violation[] {
  const opened = facts.reads.filter(isByOldCookie);
  return opened.flatMap((read) => [...openedWrongly(facts, read, terms), ...missed(facts, endings, read)]);
}

/** The history in which a visit that opened an adopted session by the old cookie holds that session, of which it knew nothing. */
export function heldByOldCookies(history: History): History {
  const visits = history.visits.map((visit) => {
    const { shown } = visit;
    if (!isByOldCookie(visit) || shown?.sid === undefined || adoptedFrom(shown) === undefined) return visit;
    return { ...visit, held: { sid: shown.sid, generation: 0, version: 0 } };
  });
  return { ...history, visits };
}

/** Whether a visit came with the old cookie, and without a token whose session is stored. */
function isByOldCookie({ old, held }: Visit): boolean {
  return old !== undefined && (held === undefined || held.version === 0);
}

function openedWrongly(facts: Facts, read: Read, { graceMs, slackMs }: Terms): Violation[] {
  const { id, old, shown, left } = read;
  const { sid } = shown;
  const name = adoptedFrom(shown);
  if (sid === undefined || name === undefined) return [];
  if (name !== old?.name) {
    const message = `visit ${id} came with the old cookie ${old?.name}, and is shown the session of ${name}`;
    return [{ kind: "fixation", sid, message, ids: [id] }];
  }
  // A login beside another may carry the attributes on into a session of its own, which no old cookie opens.
  const other = facts.reads.find(
    (known) => isByOldCookie(known) && known.shown.sid !== sid && adoptedFrom(known.shown) === name,
  );
  if (other) {
    const message = `visits ${other.id} and ${id} are shown two sessions of the old cookie ${name}`;
    return [{ kind: "adopted-twice", sid, message, ids: [other.id, id] }];
  }
  const rotated = facts.reads.find(
    (known) => asksToRotate(known) && (known.answered.held?.generation ?? 0) > 0 && isAnsweredBefore(known, read, sid),
  );
  if (rotated) {
    const message = `visit ${id} is shown the session by its old cookie, though visit ${rotated.id} has rotated it`;
    return [{ kind: "fixation", sid, message, ids: [rotated.id, id] }];
  }
  const use = facts.reads.find(
    ({ held, answered }) => held?.sid === sid && held.version > 0 && answered.ms + graceMs + slackMs < left.ms,
  );
  if (!use) return [];
  const message = `visit ${id} is shown the session by its old cookie, though visit ${use.id} has used its token long before`;
  return [{ kind: "overdue", sid, message, ids: [use.id, id] }];
}

/** A visitor with a living session at the old application is shown it, unless the session was used, or may have ended. */
function missed({ history, reads }: Facts, endings: Endings, read: Read): Violation[] {
  const { id, old, shown, answered } = read;
  if (adoptedFrom(shown) === old?.name) return [];
  const sid = reads.find(({ shown: view }) => adoptedFrom(view) === old?.name)?.shown.sid;
  const isOver =
    sid !== undefined &&
    (endings.mayHaveEnded(sid, answered) ||
      history.visits.some(({ held, left }) => held?.sid === sid && held.version > 0 && left.tick < answered.tick));
  // Another request may have ended the session, although its origin was not asked, or its answer has not come.
  const mayHaveEndedUnseen = history.visits.some(
    (visit) => visit.old?.name === old?.name && mayOutdate(visit) && visit.left.tick < answered.tick,
  );
  if (isOver || mayHaveEndedUnseen) return [];
  const message = `visit ${id} came with the old cookie ${old?.name}, and is shown ${shown.sid ?? "no session"}`;
  return [{ kind: "false-logout", sid: shown.sid ?? sid ?? "", message, ids: [id] }];
}

/** Whether a visit asks for a change after which the old cookie opens nothing any more. */
function mayOutdate({ ask }: Visit): boolean {
  return ask.kind === "end" || asksToRotate({ ask });
}

function isAnsweredBefore({ answered }: Read, { left }: Read, sid: string): boolean {
  return answered.held?.sid === sid && answered.tick < left.tick;
}
