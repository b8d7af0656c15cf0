import type { View, Visit } from "../history.ts";
import { flashName } from "../history.ts";
import { asksToRotate, type Facts, generationOf, type Read } from "./facts.ts";
import type { Violation, ViolationKind } from "./verdict.ts";

/**
 * A flash is shown at most once, in its own session. It is shown only to its own generation, or to a generation that
 * began with the flash.
 */
export function judgeFlashes(facts: Facts): Violation[] {
  const showings = facts.history.visits.flatMap((visit) => flashesIn(visit.shown).map((name) => ({ name, visit })));
  return showings.flatMap(({ name, visit }, index): Violation[] => {
    const sid = visit.shown?.sid ?? "";
    const violation = (kind: ViolationKind, why: string, ...ids: number[]): Violation => {
      return { kind, sid, message: `visit ${visit.id} is shown the flash ${name}, ${why}`, ids: [...ids, visit.id] };
    };
    const earlier = showings.slice(0, index).find((other) => other.name === name)?.visit;
    const twice = earlier ? [violation("shown-twice", `which visit ${earlier.id} was shown`, earlier.id)] : [];
    const left = facts.reads.find(({ id }) => flashName(id) === name);
    const given = left?.answered.held;
    if (!left || !given) return twice;
    const isForeign = given.sid !== sid || given.generation > generationOf(visit);
    const foreign = isForeign ? [violation("fixation", "which was left in what it may not see", left.id)] : [];
    const rotated = isForeign ? undefined : rotationBefore(facts, left, visit);
    const why = `which visit ${left.id} left in an older generation after the rotation by visit ${rotated?.id}`;
    return [...twice, ...foreign, ...(rotated ? [violation("intrusion", why, rotated.id, left.id)] : [])];
  });
}

/** The rotation that gave out a generation, up to the visit's own, before a flash was left in an older generation. */
function rotationBefore(facts: Facts, left: Read, visit: Visit): Read | undefined {
  const { sid, generation } = left.answered.held as { sid: string; generation: number };
  if (!facts.isCalm(left.left, left.answered)) return undefined;
  return facts.reads.find((other) => {
    const { held, tick } = other.answered;
    if (!asksToRotate(other) || held?.sid !== sid || tick >= left.left.tick) return false;
    return held.generation > generation && held.generation <= generationOf(visit);
  });
}

function flashesIn(view: View | undefined): string[] {
  return Object.keys(view?.flash ?? {});
}
