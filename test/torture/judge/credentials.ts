import type { Held, Visit } from "../history.ts";
import { LOGIN_NAME } from "../history.ts";
import { addedIn, asksToRotate, type Facts, generationOf, isFresh, type Read } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/** Whoever signs in or rotates is given what nobody has held before: else who shares the token shares what comes of it. */
export function judgeFreshness(facts: Facts): Violation[] {
  return facts.reads.filter(asksToRotate).flatMap(({ id, ask, held, shown, answered: { held: given } }) => {
    if (!held || !given || given.version === 0 || given.sid !== held.sid || given.generation > held.generation)
      return [];
    // A rotation of no session is moot.
    if (held.version > 0 && shown.sid !== held.sid) return [];
    const message = `visit ${id} is told that its ${ask.kind} is done, and given nothing that it had not held before`;
    return [{ kind: "not-rotated" as const, sid: given.sid, message, ids: [id] }];
  });
}

/** What a sign-in has written is shown to who holds what it was given, or what came of that, and to nobody else. */
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

/** Once a generation has been given out nothing comes into it but what its own holders ask for. */
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

/** What may be somebody's is not shown to an older generation for longer than the grace, used or not. */
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
  // Who has held as much before it was given has not got it from there.
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
