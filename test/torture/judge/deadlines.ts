import type { Facts } from "./facts.ts";
import type { Terms, Violation } from "./verdict.ts";

/** How long an unanswered request may have been at work. */
const UNANSWERED_MS = 60_000;

/** No session is shown after its deadlines. The judge of logouts checks that no session ends before them. */
export function judgeDeadlines(facts: Facts, { idleMs, touchEveryMs, absoluteMs, slackMs }: Terms): Violation[] {
  const { visits } = facts.history;
  return facts.reads.flatMap(({ id, shown, left }) => {
    const { sid } = shown;
    if (sid === undefined) return [];
    const named = visits.filter((visit) => visit.held?.sid === sid || visit.answered?.held?.sid === sid);
    const before = named.filter((visit) => visit.left.tick < left.tick);
    if (before.length === 0) return [];
    const touchedMs = Math.max(...before.map((visit) => visit.answered?.ms ?? visit.left.ms + UNANSWERED_MS));
    const bornMs = Math.min(...named.map((visit) => visit.answered?.ms ?? visit.left.ms + UNANSWERED_MS));
    const over = (kind: string, deadlineMs: number): Violation[] => {
      if (left.ms <= deadlineMs + slackMs) return [];
      const message = `visit ${id} is shown the session ${left.ms - deadlineMs} ms after its ${kind} timeout`;
      return [{ kind: "overdue", sid, message, ids: [id] }];
    };
    return [...over("idle", touchedMs + idleMs + touchEveryMs), ...over("absolute", bornMs + absoluteMs)];
  });
}
