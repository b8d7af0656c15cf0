import type { Held, Visit } from "../history.ts";
import { LOGIN_NAME } from "../history.ts";
import { addedIn, asksToRotate, type Facts, generationOf, isFresh, type Read } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/**
 * A client that signs in or rotates is given a generation that no client has held before. Otherwise a client that
 * shares the token would share the new generation.
 */
export function judgeFreshness(facts: Facts): Violation[] {
  return facts.reads.filter(asksToRotate).flatMap(({ id, ask, held, shown, answered: { held: given } }) => {
    if (!held || !given || given.version === 0 || given.sid !== held.sid || given.generation > held.generation)
      return [];
    // A rotation without a session is moot.
    if (held.version > 0 && shown.sid !== held.sid) return [];
    const message = `visit ${id} is told that its ${ask.kind} is done, and given nothing that it had not held before`;
    return [{ kind: "not-rotated" as const, sid: given.sid, message, ids: [id] }];
  });
}

/**
 * The attributes that a sign-in has written are shown only to clients that hold the sign-in's generation or a later
 * one.
 */
export function judgeSignIns(facts: Facts): Violation[] {
  return facts.reads.flatMap((read): Violation[] => {
    const { sid, attributes } = read.shown;
    const written = attributes[LOGIN_NAME];
    if (sid === undefined || typeof written !== "string") return [];
    const login = facts.history.visits.find(({ id }) => id === Number(written.slice(1)));
    if (!login || mayHold(facts, read, login)) return [];
    const message = `visit ${read.id} of browser ${read.browser}, generation ${generationOf(read)}, is shown the sign-in by visit ${login.id} of browser ${login.browser}`;
    return [{ kind: "fixation", sid, message, ids: [login.id, read.id] }];
  });
}

/** Once a generation has been given out, only changes of its own holders come into it. */
export function judgeIntrusions(facts: Facts): Violation[] {
  return facts.reads.filter(isFresh).flatMap((read) => {
    const generation = generationOf(read);
    const { sid } = read.shown;
    if (generation === 0 || sid === undefined) return [];
    const rotated = facts.reads.find(({ ask, answered: { held } }) => {
      return (ask.kind === "login" || ask.kind === "sign-in" || ask.kind === "rotate") && isOf(held, sid, generation);
    });
    if (!rotated) return [];
    return addedIn(read.shown).flatMap((name): Violation[] => {
      const write = facts.writes.find((written) => written.sid === sid && written.name === name && !written.isAct);
      if (!write?.acked || (write.generation ?? 0) >= generation || !facts.isCalm(write.left, write.acked)) return [];
      const writer = facts.history.visits.find(({ id }) => id === write.id);
      if (!writer || writer.browser === rotated.browser) return [];
      const without = facts.reads.find(
        (earlier) =>
          earlier.shown.sid === sid &&
          generationOf(earlier) === generation &&
          isFresh(earlier) &&
          earlier.answered.tick < read.left.tick &&
          !(name in earlier.shown.attributes),
      );
      const isLater = write.left.tick > rotated.answered.tick;
      if (!without && !isLater) return [];
      const message = `visit ${read.id} of generation ${generation}, given out by visit ${rotated.id} to browser ${rotated.browser}, is shown ${name}, which visit ${write.id} of browser ${writer.browser} wrote into an older one meanwhile`;
      return [{ kind: "intrusion", sid, message, ids: [rotated.id, write.id, read.id] }];
    });
  });
}

/**
 * A session that may belong to a person is not shown to an older generation after the grace. It does not matter whether
 * the newer generation has been used.
 */
export function judgeCopied(facts: Facts, { graceMs, othersMs }: Terms): Violation[] {
  return facts.reads.flatMap((read): Violation[] => {
    const { sid, principal } = read.shown;
    const generation = generationOf(read);
    if (sid === undefined || (generation === 0 && principal === undefined)) return [];
    const rotated = facts.reads.find(
      (other) =>
        asksToRotate(other) &&
        other.answered.held?.sid === sid &&
        other.answered.held.generation > generation &&
        facts.isCalm(other.left, other.answered) &&
        facts.longestCalm(other.answered, read.left) >= graceMs + othersMs,
    );
    if (!rotated) return [];
    const message = `visit ${read.id} is shown what is somebody's though visit ${rotated.id} was given a later generation long before`;
    return [{ kind: "overdue", sid, message, ids: [rotated.id, read.id] }];
  });
}

function mayHold(facts: Facts, read: Read, login: Visit): boolean {
  const given = login.answered?.outcome === "done" ? login.answered.held : undefined;
  if (!given || read.shown.sid !== given.sid || generationOf(read) < given.generation) return false;
  if (read.browser === login.browser) return true;
  const answered = (login.answered as { tick: number }).tick;
  // A browser that held this generation before the login was answered has not got it from the login.
  return !facts.history.visits.some(
    (visit) =>
      visit.browser === read.browser &&
      [
        visit.left.tick < answered ? visit.held : undefined,
        visit.answered && visit.answered.tick < answered ? visit.answered.held : undefined,
      ].some((held) => held?.sid === given.sid && held.generation >= given.generation),
  );
}

function isOf(held: Held | undefined, sid: string, generation: number): boolean {
  return held?.sid === sid && held.generation === generation;
}
