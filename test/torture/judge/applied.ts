import { adoptedFrom } from "../history.ts";
import type { Facts } from "./facts.ts";
import type { Violation } from "./verdict.ts";

/** Each change is applied once: a session has at most as many versions as changes that may have been made. */
export function judgeApplied({ history }: Facts): Violation[] {
  return Array.from(history.truths).flatMap(([sid, truth]): Violation[] => {
    if (truth.kind === "none" || truth.version === undefined) return [];
    const asked = history.visits.filter(
      ({ ask, held, answered }) => ask.kind !== "read" && (held?.sid === sid || answered?.held?.sid === sid),
    );
    const acts = history.acts.filter((act) => act.sid === sid);
    const ids = [...asked, ...acts].map(({ id }) => id);
    // A flash is taken out when it is shown, and the session that a deadline ends gets another version.
    const flashes = asked.filter(({ ask }) => ask.kind === "flash").length;
    const isAdopted = history.visits.some(({ shown }) => shown?.sid === sid && adoptedFrom(shown) !== undefined);
    const most = ids.length + flashes + (isAdopted ? 1 : 0) + (truth.kind === "ended" ? 1 : 0);
    if (truth.version <= most) return [];
    const message = `the session has version ${truth.version} in the end, after ${ids.length} changes`;
    return [{ kind: "applied-twice", sid, message, ids }];
  });
}
