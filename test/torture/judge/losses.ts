import type { History, Visit } from "../history.ts";
import type { Terms, Violation, ViolationKind } from "./verdict.ts";

/** The violations that a word to the operator does not excuse where everything acknowledged is kept. */
const OF_ACKNOWLEDGED: readonly ViolationKind[] = ["lost", "accepted-after-end", "revived"];

/**
 * The violations that remain if the store of the authority was set back. Lost data breaks the promise only if the operator was not told of
 * the loss: then every violation in that session counts. An alarm without a set-back before it is a violation, too.
 */
export function judgeLosses(
  history: History,
  violations: readonly Violation[],
  { keepsAcknowledged }: Pick<Terms, "keepsAcknowledged">,
): Violation[] {
  const { visits, setBacks } = history;
  const told = visits.filter((visit): visit is Told => visit.lossTold !== undefined);
  const isFalse = ({ lossTold }: Told) => !setBacks.some(({ tick }) => tick < lossTold.tick);
  const isTold = (sid: string) => told.some((visit) => visit.held?.sid === sid && !isFalse(visit));
  return [
    ...violations.filter(({ sid, kind }) => !isTold(sid) || (keepsAcknowledged && OF_ACKNOWLEDGED.includes(kind))),
    ...told.filter(isFalse).map(({ id, held }): Violation => {
      const message = `visit ${id} makes the subject tell that the authority has lost data, and it was never set back`;
      return { kind: "false-alarm", sid: held?.sid ?? "", message, ids: [id] };
    }),
  ];
}

type Told = Visit & Required<Pick<Visit, "lossTold">>;
