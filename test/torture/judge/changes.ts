import type { Endings } from "./endings.ts";
import type { Facts, Write } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/**
 * No acknowledged change is lost, and no change is accepted for an ended session. Judges attributes that are only
 * added.
 */
export function judgeChanges(facts: Facts, endings: Endings, terms: Terms): Violation[] {
  return facts.writes
    .filter(({ acked, name }) => acked !== undefined && name.startsWith("u"))
    .flatMap((write) => [...lost(write, facts, endings, terms), ...acceptedAfterEnd(write, facts, endings)]);
}

function lost(write: Write, facts: Facts, endings: Endings, terms: Terms): Violation[] {
  const { id, sid, name } = write;
  const { history } = facts;
  if (facts.mayBeApart(write, terms)) return [];
  const truth = history.truths.get(sid);
  const kind = "lost";
  if (truth?.kind === "live") {
    if (name in truth.attributes) return [];
    return [{ kind, sid, message: `${name}, acknowledged to visit or act ${id}, is not there in the end`, ids: [id] }];
  }
  if (endings.mayHaveEnded(sid, history.end) || endings.mayHaveExpired(sid, history.end, history.end)) return [];
  const message = `the session is ${truth?.kind ?? "none"} in the end though nobody ended it, and ${name} with it`;
  return [{ kind, sid, message, ids: [id] }];
}

/** The fallback may not know of an end that could not be reported to it. So only ends without trouble count. */
function acceptedAfterEnd({ id, sid, name, left }: Write, facts: Facts, endings: Endings): Violation[] {
  const end = endings.endsOf(sid).find(({ acked }) => acked && acked.tick < left.tick);
  if (!end?.acked || facts.inTrouble(end.left, end.acked)) return [];
  const message = `${name} was acknowledged to visit or act ${id} after the end by ${end.id} was`;
  return [{ kind: "accepted-after-end", sid, message, ids: [end.id, id] }];
}
